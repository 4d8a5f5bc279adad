/**
 * Whether the passages found can answer the question at all, decided from their words before anybody writes. This is the
 * one place where an answer is refused for want of evidence; what was written and is not supported is refused elsewhere.
 * Lexical only: it knows nothing of synonyms, which is why a chat model, which does, is asked much sooner.
 */
import type { TermFrequencies } from '../domain/ports/lexical-index.js';
import { detectLanguage } from '../domain/text/detect-language.js';
import { tokeniseText } from '../domain/text/tokenise-text.js';
import { dropAskingWords } from './generate/question-type.js';
import { type QuestionWord, readQuestionWords } from './generate/question-words.js';
import type { Evidence, GroundedPassage } from './ground/ground-passages.js';

/** Who would write the answer. */
export type Writer = 'builtin' | 'model';

/** What is known about the question before it is answered. */
export interface Answerability {
  /** How much of the question the best passage holds, 0..1. */
  score: number;
  /** Content words of the question. */
  words: number;
  /** ISO 639 code of the question, null when it cannot be told. */
  language: string | null;
  /** Question and best passage are in different languages, so that their words cannot be compared. */
  foreign: boolean;
}

/** Saturation of term frequencies as in BM25 (Robertson & Zaragoza 2009): a word that stands there thrice says more. */
const K1 = 1.2;
/** A word's n-grams beside the word itself; the weight that search gives them. */
const GRAM_WEIGHT = 0.4;
/** What another form of a word counts at most. */
const FORM_WEIGHT = 0.8;
/** Smaller collections are weighed as if they had this many passages: in one page every word is as common as another. */
const MIN_PASSAGES = 64;

/**
 * Lowest score that the built-in answerer answers, by language: where inflection and compounds leave fewer words alike,
 * present topics score lower too. Each is the value at which 5 % of the present topics are refused in the XQuAD set of the
 * language by `npm run eval:answers`, which then refuses absent ones: en 93 %, zh 92 %, ar 74 %.
 */
const BUILTIN_MIN_SCORES: Readonly<Record<string, number>> = { en: 0.249, zh: 0.132, ar: 0.14 };
/** The mean of these, for the languages that were not measured. */
const BUILTIN_MIN_SCORE = 0.174;
/**
 * Part of it below which not even a model is asked, which may see that other words say the same: 0.2 % of the present topics
 * at most are that low, and of the absent ones en 25 %, de 10 %, zh 29 %, ar 7 % (XQuAD).
 */
const MODEL_SHARE = 0.45;
/** Shorter requests ("summarise this") are about the documents rather than about something in them. */
const MODEL_MIN_WORDS = 3;

/** Terms whose frequencies {@link measureAnswerability} needs. */
export function listQuestionTerms(question: string): string[] {
  return [...new Set(readWords(question).flatMap(({ term, grams }) => [term, ...grams]))];
}

/** Measures how much of the question its best passage holds. */
export function measureAnswerability(
  question: string,
  evidence: Evidence,
  frequencies: TermFrequencies,
): Answerability {
  const words = readWords(question);
  const idf = inverseFrequencies(frequencies);
  const language = detectLanguage(question);
  const scores = evidence.passages.map((passage) => scorePassage(words, countTerms(passage), idf));
  return {
    score: Math.max(0, ...scores),
    words: words.length,
    language,
    foreign: isForeign(language, evidence.passages[0]),
  };
}

/** True when the writer would only answer beside the point. */
export function refuseUnanswerable({ score, words, language, foreign }: Answerability, writer: Writer): boolean {
  const needed = BUILTIN_MIN_SCORES[language ?? ''] ?? BUILTIN_MIN_SCORE;
  if (writer === 'builtin') return score < needed;
  return words >= MODEL_MIN_WORDS && !foreign && score < needed * MODEL_SHARE;
}

function isForeign(language: string | null, best: GroundedPassage | undefined): boolean {
  const written = best === undefined ? null : detectLanguage(best.passage.text);
  return language !== null && written !== null && language !== written;
}

function readWords(question: string): QuestionWord[] {
  return readQuestionWords(dropAskingWords(question));
}

/** Lucene's inverse document frequency; a term that no passage has gets the highest. */
function inverseFrequencies({ passages, frequencies }: TermFrequencies): (term: string) => number {
  const count = Math.max(MIN_PASSAGES, passages);
  return (term) => {
    // Counts include versions on their way in or out, so they may be above the live passages.
    const found = Math.min(frequencies.get(term) ?? 0, count);
    return Math.log(1 + (count - found + 0.5) / (found + 0.5));
  };
}

/** Terms of title, headings and text with their counts. */
function countTerms({ passage }: GroundedPassage): Map<string, number> {
  const counts = new Map<string, number>();
  tokeniseText([passage.documentTitle, ...passage.heading, passage.text].join('\n'), (term) => {
    counts.set(term, (counts.get(term) ?? 0) + 1);
  });
  return counts;
}

/**
 * The mean of two shares of the question's inverse document frequency. One is BM25 without length over the highest possible,
 * over words and their n-grams, where a long word counts more; the other takes word by word, each as rare as its n-grams and
 * found as itself or, for a little less, as another form.
 */
function scorePassage(
  words: readonly QuestionWord[],
  counts: ReadonlyMap<string, number>,
  idf: (term: string) => number,
): number {
  const held = (term: string) => {
    const count = counts.get(term) ?? 0;
    return count / (count + K1);
  };
  let [termsHeld, termsTotal, wordsHeld, wordsTotal] = [0, 0, 0, 0];
  for (const { term, grams } of words) {
    const gramsTotal = grams.reduce((sum, gram) => sum + idf(gram), 0);
    const gramsHeld = grams.reduce((sum, gram) => sum + idf(gram) * held(gram), 0);
    termsTotal += idf(term) + GRAM_WEIGHT * gramsTotal;
    termsHeld += idf(term) * held(term) + GRAM_WEIGHT * gramsHeld;
    const weight = grams.length === 0 ? idf(term) : gramsTotal / grams.length;
    wordsTotal += weight;
    wordsHeld += weight * Math.max(held(term), gramsTotal === 0 ? 0 : (FORM_WEIGHT * gramsHeld) / gramsTotal);
  }
  return wordsTotal === 0 ? 0 : (termsHeld / termsTotal + wordsHeld / wordsTotal) / 2;
}
