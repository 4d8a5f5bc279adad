/** The words of a text that carry content, in one spelling, and how two of them are compared. */
import { isStopWord } from '../domain/text/stop-words.js';
import { tokeniseText } from '../domain/text/tokenise-text.js';

/** Content words of `text`, normalised, each once, in order; pairs of characters where a script has no spaces. */
export function contentTerms(text: string): string[] {
  const terms = new Set<string>();
  tokeniseText(text, (term, kind) => {
    if (kind === 'ideograms' ? Array.from(term).length > 2 : kind === 'word' && !isStopWord(term)) terms.add(term);
  });
  return [...terms];
}

/** All words of `text` as {@link contentTerms} spells them, function words included. */
export function allTerms(text: string): Set<string> {
  const terms = new Set<string>();
  tokeniseText(text, (term, kind) => {
    if (kind !== 'gram') terms.add(term);
  });
  return terms;
}

/** Shortest common beginning for which two words count as forms of one. */
const MIN_STEM = 4;

/** True when two normalised words are equal or inflections of one: a common beginning of 70 % of the longer one. */
export function sameWord(one: string, other: string): boolean {
  if (one === other) return true;
  if (/^[~\d]/.test(one) || /^[~\d]/.test(other)) return false;
  const needed = Math.max(MIN_STEM, Math.ceil(0.7 * Math.max(one.length, other.length)));
  if (Math.min(one.length, other.length) < needed) return false;
  return one.slice(0, needed) === other.slice(0, needed);
}

/** True when `terms` holds the word or a form of it. */
export function holdsWord(terms: ReadonlySet<string>, word: string): boolean {
  if (terms.has(word)) return true;
  for (const term of terms) if (sameWord(term, word)) return true;
  return false;
}
