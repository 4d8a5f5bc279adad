/**
 * Does the cited text say what the sentence claims? Numbers, dates, units, names and negations of the claim must be in the
 * evidence, and most of its content words. No model is asked, so the verdict is the same every time and costs nothing; it
 * errs on the side of doubt.
 */
import type { Support } from '../../domain/answer.js';
import { normaliseText } from '../../domain/text/normalise-text.js';
import { splitSentences } from '../../domain/text/split-sentences.js';
import { allTerms, contentTerms, holdsWord } from '../content-terms.js';
import { isFigureWord, missingFigures } from './read-figures.js';
import { findNames, firstCapital, isNegated, setsLimit } from './read-names.js';

export interface Claim {
  /** One sentence of the answer, without markers. */
  text: string;
  /** The quotes it cites. */
  evidence: string[];
  /** What the claim may take for granted: the question, titles and headings of what it cites. */
  background: string;
}

/** Share of the claim's content words that the evidence must hold. */
const SUPPORTED_SHARE = 0.6;
const WEAK_SHARE = 0.35;
/** Above this overlap a sentence that starts with another name is taken for a swapped name. */
const SWAP_SHARE = 0.7;

/** The verdict on one sentence. Without evidence a claim is unsupported. */
export function checkSupport({ text, evidence, background }: Claim): Support {
  const terms = contentTerms(text);
  if (!isClaim(text, terms)) return 'not-a-claim';
  if (evidence.length === 0) return 'unsupported';
  const proof = evidence.join('\n');
  const proofTerms = allTerms(proof);
  const knownTerms = new Set([...proofTerms, ...allTerms(background)]);
  if (missingFigures(text, proof).length > 0) return 'unsupported';
  const names = findNames(text);
  if (names.some((name) => !holdsName(knownTerms, name))) return 'unsupported';
  if (contradicts(text, proof, terms)) return 'unsupported';
  const share = ownShare(terms, proofTerms, knownTerms);
  if (swapsName(text, { proof, knownTerms, share })) return 'unsupported';
  if (share >= SUPPORTED_SHARE) return 'supported';
  const anchored = names.length > 0 || /\d/.test(text);
  return share >= WEAK_SHARE || anchored ? 'weak' : 'unsupported';
}

/** Questions, introductions ("…:") and sentences without content claim nothing. */
function isClaim(text: string, terms: string[]): boolean {
  const bare = text.trim();
  if (/[?？:：]$/.test(bare)) return false;
  return terms.length >= 2 || /\d/.test(bare) || (terms.length === 1 && bare.length > 3);
}

/**
 * Share of the claim's own words that the proof holds. Figures have been compared already; words of the question or the
 * title prove nothing and are no doubt either.
 */
function ownShare(terms: string[], proofTerms: ReadonlySet<string>, knownTerms: ReadonlySet<string>): number {
  const words = terms.filter((term) => !isFigureWord(term));
  const own = words.filter((term) => holdsWord(proofTerms, term) || !holdsWord(knownTerms, term));
  if (own.length > 0) return overlap(own, proofTerms);
  return words.length < terms.length ? 1 : 0;
}

function overlap(terms: string[], known: ReadonlySet<string>): number {
  if (terms.length === 0) return 1;
  return terms.filter((term) => holdsWord(known, term)).length / terms.length;
}

function sentencesOf(text: string): string[] {
  return splitSentences(text).map(({ start, end }) => text.slice(start, end));
}

function holdsName(known: ReadonlySet<string>, name: string): boolean {
  const parts = contentTerms(name);
  return parts.every((part) => holdsWord(known, part));
}

/** A claim is compared with the sentence of the proof that is nearest to it: negated here and not there is a contradiction. */
function contradicts(text: string, proof: string, terms: string[]): boolean {
  const sentences = sentencesOf(proof);
  const ranked = sentences
    .map((sentence) => ({ sentence, share: overlap(terms, allTerms(sentence)) }))
    .sort((one, other) => other.share - one.share);
  const nearest = ranked[0];
  if (nearest === undefined || nearest.share < WEAK_SHARE) return false;
  const negated = isNegated(text);
  if (negated === isNegated(nearest.sentence)) return false;
  const tied = ranked.filter(({ share }) => share === nearest.share);
  if (tied.some(({ sentence }) => isNegated(sentence) === negated)) return false;
  return !setsLimit(text) && !setsLimit(nearest.sentence);
}

/** "Alice approves it" from "Bob approves it": all but the first word is there, and the first word is nowhere. */
function swapsName(
  text: string,
  { proof, knownTerms, share }: { proof: string; knownTerms: ReadonlySet<string>; share: number },
): boolean {
  const first = firstCapital(text);
  if (first === null || share < SWAP_SHARE - 1 / Math.max(1, contentTerms(text).length)) return false;
  const word = contentTerms(first)[0];
  if (word === undefined || holdsWord(knownTerms, word)) return false;
  const said = allTerms(text);
  const proofFirst = sentencesOf(proof).flatMap((sentence) => firstCapital(sentence) ?? []);
  return proofFirst.some((name) => contentTerms(name).length > 0 && !holdsWord(said, normaliseText(name)));
}
