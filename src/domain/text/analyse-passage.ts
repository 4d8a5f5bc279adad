import type { PassageTerms } from '../ports/lexical-index.js';
import { addTerms, listTerms, type TermBag } from './analyse-terms.js';
import type { IndexedPassage } from './index-text.js';
import type { TokeniseOptions } from './tokenise-text.js';

/** How often a title, a heading and the context count as if they stood in the text. */
const TITLE_FACTOR = 1;
const HEADING_FACTOR = 1;
const CONTEXT_FACTOR = 1;

/**
 * What the lexical index stores of a passage: the terms of title, heading path, context and text, and their summed
 * weight, which is the length that BM25 compares.
 */
export function analysePassage(
  passage: IndexedPassage,
  options: TokeniseOptions = {},
): Pick<PassageTerms, 'terms' | 'length'> {
  const bag: TermBag = new Map();
  addTerms(bag, { text: passage.title, factor: TITLE_FACTOR }, options);
  addTerms(bag, { text: passage.heading.join('\n'), factor: HEADING_FACTOR }, options);
  addTerms(bag, { text: passage.context, factor: CONTEXT_FACTOR }, options);
  addTerms(bag, { text: passage.text, factor: 1 }, options);
  const terms = listTerms(bag);
  return { terms, length: terms.reduce((sum, { weight }) => sum + weight, 0) };
}
