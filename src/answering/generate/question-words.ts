/** The words of a question, and how well a text holds each of them: exactly, as another form, or not at all. */
import { isStopWord } from '../../domain/text/stop-words.js';
import { tokeniseText } from '../../domain/text/tokenise-text.js';

export interface QuestionWord {
  term: string;
  /** Its character n-grams, by which other forms of it are found; empty for short words, numbers and ideograms. */
  grams: string[];
}

/** Share of a word's n-grams that another form of it must have, and what such a form counts at most. */
const MIN_GRAM_SHARE = 0.5;
const FORM_WEIGHT = 0.8;

/** Content words, each once; codes whole beside their parts; neighbouring characters of scripts without spaces. */
export function readQuestionWords(question: string): QuestionWord[] {
  const words = new Map<string, QuestionWord>();
  let latest: QuestionWord | undefined;
  tokeniseText(question, (term, kind) => {
    if (kind === 'gram') {
      if (latest !== undefined && !latest.grams.includes(term)) latest.grams.push(term);
      return;
    }
    latest = isStopWord(term) ? undefined : (words.get(term) ?? { term, grams: [] });
    if (latest !== undefined) words.set(term, latest);
  });
  return [...words.values()];
}

/** All terms of a text, n-grams included. */
export function readTerms(text: string): Set<string> {
  const terms = new Set<string>();
  tokeniseText(text, (term) => terms.add(term));
  return terms;
}

/** How well the terms hold the word: 1 for itself, less for another form, 0 for nothing like it. */
export function matchWord({ term, grams }: QuestionWord, terms: ReadonlySet<string>): number {
  if (terms.has(term)) return 1;
  if (grams.length === 0) return 0;
  const share = grams.filter((gram) => terms.has(gram)).length / grams.length;
  return share < MIN_GRAM_SHARE ? 0 : FORM_WEIGHT * share;
}
