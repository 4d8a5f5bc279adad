/**
 * Weighted terms for the lexical index and for questions: which kinds of terms count how much. The numbers were set by
 * evaluation on XQuAD (en, de, zh, ar) with BM25 at k1 = 0.9, b = 0.5.
 */
import type { WeightedTerm } from '../ports/lexical-index.js';
import { type TermKind, type TokeniseOptions, tokeniseText } from './tokenise-text.js';

/** Sums of weights by term. */
export type TermBag = Map<string, number>;

/** What one occurrence adds to the frequency of a term in a passage. */
const PASSAGE_WEIGHTS: Record<TermKind, number> = { word: 1, part: 0.5, gram: 1, ideograms: 1 };
/**
 * What one occurrence in a question is worth. Grams are many and say the same thing several times, so each is worth less;
 * stop words stay, because the inverse document frequency of BM25 weighs them better than a list.
 */
const QUERY_WEIGHTS: Record<TermKind, number> = { word: 1, part: 0.5, gram: 0.4, ideograms: 0.5 };

/** Terms of a text with their weighted frequencies, as passages are indexed. Linear time on any input. */
export function analyseTerms(text: string, options: TokeniseOptions = {}): WeightedTerm[] {
  const bag: TermBag = new Map();
  addTerms(bag, { text, factor: 1 }, options);
  return listTerms(bag);
}

/** Terms of a question with their weights. */
export function analyseQuery(text: string, options: TokeniseOptions = {}): WeightedTerm[] {
  const bag: TermBag = new Map();
  collect(bag, { text, factor: 1 }, QUERY_WEIGHTS, options);
  return listTerms(bag);
}

/** Adds a passage's text to a bag, each occurrence counting `factor` times. */
export function addTerms(bag: TermBag, part: { text: string; factor: number }, options: TokeniseOptions = {}): void {
  collect(bag, part, PASSAGE_WEIGHTS, options);
}

/** The bag as a list, in order of first occurrence. */
export function listTerms(bag: TermBag): WeightedTerm[] {
  return Array.from(bag, ([term, weight]) => ({ term, weight }));
}

/** False for character n-grams, which are parts of words and never words themselves. */
export function isWholeWord(term: string): boolean {
  return !term.startsWith('~');
}

function collect(
  bag: TermBag,
  { text, factor }: { text: string; factor: number },
  weights: Record<TermKind, number>,
  options: TokeniseOptions,
): void {
  tokeniseText(
    text,
    (term, kind) => {
      bag.set(term, (bag.get(term) ?? 0) + weights[kind] * factor);
    },
    options,
  );
}
