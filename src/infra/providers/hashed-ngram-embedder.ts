/**
 * The embedder that needs no model: hashed words and character n-grams as a vector. It finds other word forms and typing
 * errors, not synonyms. Signed feature hashing after Weinberger et al., "Feature Hashing for Large Scale Multitask
 * Learning" (2009): the sign makes collisions cancel out on average.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Embedder } from '../../domain/ports/embedder.js';
import { isStopWord } from '../../domain/text/stop-words.js';
import { tokeniseText } from '../../domain/text/tokenise-text.js';

/** Stored with the index; changes whenever the same text would give another vector. */
export const HASHED_NGRAM_EMBEDDER_ID = 'builtin:hashed-ngrams-1';

const DIMENSION = 1024;
const BATCH_SIZE = 256;
/** Texts between two turns of the event loop. */
const TEXTS_PER_TURN = 16;
/** Weight of a word or a neighbouring pair of ideographs, and of one n-gram; set on XQuAD (en, de, zh, ar). */
const WORD_WEIGHT = 1;
const GRAM_WEIGHT = 0.7;
const GRAM_LENGTHS = [3, 4];
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const GRAM_SEED = 0x7e3a5c19;

/** The built-in embedder: 1024 dimensions, thousands of texts a second, deterministic, no state. */
export function createHashedNgramEmbedder(): Embedder {
  return {
    id: HASHED_NGRAM_EMBEDDER_ID,
    dimension: DIMENSION,
    batchSize: BATCH_SIZE,
    async embedPassages(texts, signal) {
      const vectors: number[][] = [];
      for (const text of texts) {
        if (vectors.length % TEXTS_PER_TURN === TEXTS_PER_TURN - 1) await nextTurn();
        signal?.throwIfAborted();
        vectors.push(embedText(text));
      }
      return vectors;
    },
    async embedQuery(text, signal) {
      signal?.throwIfAborted();
      return embedText(text);
    },
  };
}

/** Features by the hash of their term: how often they stand in the text, and their weight. */
interface Features {
  counts: Map<number, number>;
  weights: Map<number, number>;
}

function embedText(text: string): number[] {
  const vector = placeFeatures(readFeatures(text, true));
  if (normalise(vector)) return vector;
  // Nothing but stop words: better those than nothing.
  const literal = placeFeatures(readFeatures(text, false));
  if (normalise(literal)) return literal;
  return characterVector(text);
}

function readFeatures(text: string, withoutStopWords: boolean): Features {
  const features: Features = { counts: new Map(), weights: new Map() };
  tokeniseText(text, (term, kind) => {
    if (kind === 'gram' || (withoutStopWords && isStopWord(term))) return;
    addFeature(features, hashText(term, 0, term.length), WORD_WEIGHT);
    if (kind === 'word') addGrams(features, `^${term}$`);
  });
  return features;
}

function addGrams(features: Features, framed: string): void {
  for (const length of GRAM_LENGTHS) {
    for (let start = 0; start + length <= framed.length; start += 1) {
      // Another seed than a word's, so that "^the" and a word of these letters are two features.
      addFeature(features, hashText(framed, start, start + length, GRAM_SEED), GRAM_WEIGHT);
    }
  }
}

function addFeature({ counts, weights }: Features, hash: number, weight: number): void {
  const count = counts.get(hash);
  counts.set(hash, (count ?? 0) + 1);
  if (count === undefined) weights.set(hash, weight);
}

/** One place and sign a feature; its weight grows with the logarithm of its count. */
function placeFeatures({ counts, weights }: Features): number[] {
  const vector = new Array<number>(DIMENSION).fill(0);
  for (const [hash, count] of counts) {
    const place = hash % DIMENSION;
    const value = (weights.get(hash) ?? 0) * (1 + Math.log(count));
    vector[place] = (vector[place] as number) + (hash >>> 31 === 0 ? value : -value);
  }
  return vector;
}

/** Punctuation only, or features that cancelled out: its characters, all with the same sign. */
function characterVector(text: string): number[] {
  const vector = new Array<number>(DIMENSION).fill(0);
  for (const character of text) {
    const place = hashText(character, 0, character.length) % DIMENSION;
    vector[place] = (vector[place] as number) + 1;
  }
  if (!normalise(vector)) vector[0] = 1;
  return vector;
}

/** Scales to length 1 in place; false when there is nothing to scale. */
function normalise(vector: number[]): boolean {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const norm = Math.sqrt(squares);
  if (norm === 0) return false;
  for (let index = 0; index < vector.length; index += 1) vector[index] = (vector[index] as number) / norm;
  return true;
}

/** 32-bit FNV-1a over UTF-16 units with the final mix of MurmurHash3, so that all bits, the sign's too, are even. */
function hashText(text: string, start: number, end: number, seed = FNV_OFFSET): number {
  let hash = seed;
  for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
