/**
 * The built-in answerer: the sentences of the evidence that answer the question best, verbatim, each with its address. It
 * needs no model and no network; it is the default without a key and the fallback when a model fails. It does not
 * rephrase. It refuses only when no sentence shares a word with the question; see refuse-unanswerable.ts for the rest.
 */
import type { Evidence, GroundedSentence } from '../ground/ground-passages.js';
import type { Answerer, GenerateChunk, GenerateRequest } from './answerer.js';
import { cleanSentence } from './clean-sentence.js';
import { rankSentences, type ScoredSentence } from './rank-sentences.js';

/** Sentences of one answer at most. */
const MAX_SENTENCES = 3;
/** A further sentence must reach this share of the best score. */
const FURTHER_SHARE = 0.75;

export const EXTRACTIVE_ANSWERER_ID = 'builtin:extractive-1';

/** The built-in answerer. */
export function createExtractiveAnswerer(): Answerer {
  return { id: EXTRACTIVE_ANSWERER_ID, generate };
}

async function* generate({ question, evidence, signal }: GenerateRequest): AsyncGenerator<GenerateChunk> {
  signal?.throwIfAborted();
  const chosen = chooseSentences(rankSentences(question, evidence), evidence);
  for (const [index, { sentence, text }] of chosen.entries()) {
    yield { type: 'text', text: `${index === 0 ? '' : '\n'}${text} [${sentence.passage}.${sentence.sentence}]` };
  }
  if (chosen.length === 0) yield { type: 'refusal' };
  yield { type: 'finish', reason: 'stop', promptTokens: 0, completionTokens: 0 };
}

interface Chosen {
  sentence: GroundedSentence;
  text: string;
}

/** The best sentence, and those nearly as good that say something else; in document order within a passage, by rank else. */
function chooseSentences(scored: ScoredSentence[], evidence: Evidence): Chosen[] {
  const best = scored[0];
  const chosen: Chosen[] = [];
  for (const { sentence, score } of scored) {
    if (best === undefined || chosen.length === MAX_SENTENCES || score < best.score * FURTHER_SHARE) break;
    const text = cleanSentence(sentence.text);
    if (text !== '' && !chosen.some((other) => other.text === text)) chosen.push({ sentence, text });
  }
  return chosen.sort((one, other) => comparePlace(one.sentence, other.sentence, evidence));
}

function comparePlace(one: GroundedSentence, other: GroundedSentence, evidence: Evidence): number {
  const page = ({ passage }: GroundedSentence) => {
    const source = evidence.passages[passage - 1]?.passage;
    return source === undefined ? '' : `${source.documentId}/${source.version}/${source.page}`;
  };
  return page(one) === page(other) ? one.start - other.start : one.passage - other.passage;
}
