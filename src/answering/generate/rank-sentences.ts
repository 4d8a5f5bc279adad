/**
 * Ranks the sentences of the evidence for a question. Lexical only: overlap with the question's words, weighted as in Okapi
 * BM25 within the evidence, helped by what stands above the sentence, by its neighbours, by its passage's rank, and by
 * holding the kind of thing that is asked for. Whether the evidence can answer at all is decided elsewhere.
 */
import { contentTerms } from '../content-terms.js';
import type { Evidence, GroundedSentence } from '../ground/ground-passages.js';
import { classifyQuestion, dropAskingWords, holdsAnswerOf } from './question-type.js';
import { matchWord, type QuestionWord, readQuestionWords, readTerms } from './question-words.js';
import { type PlacedSentence, placeSentences } from './sentence-context.js';

export interface ScoredSentence {
  sentence: GroundedSentence;
  score: number;
}

const K1 = 1.2;
const B = 0.4;
/** What a word above the sentence counts beside one in it. */
const CONTEXT_WEIGHT = 0.5;
const NEIGHBOUR_SHARE = 0.15;
const PASSAGE_SHARE = 0.8;
/** For a sentence that holds a date, number, name or place as asked for. */
const TYPE_BONUS = 0.2;
/** What headings, and sentences that only repeat the question, keep of their score. */
const HEADING_SHARE = 0.4;
const ECHO_SHARE = 0.5;

/** A question word with its inverse sentence frequency in the evidence. */
interface WeightedWord extends QuestionWord {
  weight: number;
}

/** A sentence with its terms read once. */
interface ReadSentence extends PlacedSentence {
  terms: ReadonlySet<string>;
  contextTerms: ReadonlySet<string>;
}

/** The sentences of the evidence that share something with the question, best first. */
export function rankSentences(question: string, evidence: Evidence): ScoredSentence[] {
  const passages = evidence.passages.map((passage) => readSentences(placeSentences(passage)));
  const words = weighWords(readQuestionWords(dropAskingWords(question)), passages.flat());
  const raw = passages.map((sentences) => scoreSentences(sentences, words));
  const bestRaw = Math.max(1e-9, ...raw.flat());
  const bestPassage = Math.max(1e-9, ...evidence.passages.map(({ passage }) => passage.score));
  const type = classifyQuestion(question);
  const asked = new Set(words.map(({ term }) => term));
  const scored: ScoredSentence[] = [];
  for (const [index, sentences] of passages.entries()) {
    const rank = (evidence.passages[index]?.passage.score ?? 0) / bestPassage;
    for (const [position, { sentence, heading }] of sentences.entries()) {
      const own = (raw[index]?.[position] ?? 0) / bestRaw;
      if (own === 0) continue;
      const bonus = holdsAnswerOf(type, sentence.text, question) ? TYPE_BONUS : 0;
      const kept = heading ? HEADING_SHARE : addsWords(sentence.text, asked) ? 1 : ECHO_SHARE;
      scored.push({ sentence, score: (own + PASSAGE_SHARE * rank + bonus) * kept });
    }
  }
  return scored.sort((one, other) => other.score - one.score);
}

function readSentences(placed: PlacedSentence[]): ReadSentence[] {
  return placed.map((one) => ({ ...one, terms: readTerms(one.sentence.text), contextTerms: readTerms(one.context) }));
}

function weighWords(words: QuestionWord[], sentences: ReadSentence[]): WeightedWord[] {
  return words.map((word) => {
    const found = sentences.filter(({ terms }) => matchWord(word, terms) > 0).length;
    return { ...word, weight: Math.log(1 + (sentences.length - found + 0.5) / (found + 0.5)) };
  });
}

/** BM25 of each sentence plus a share of its neighbours'; a word counts once, by how well it is matched. */
function scoreSentences(sentences: ReadSentence[], words: WeightedWord[]): number[] {
  const mean = sentences.reduce((sum, { sentence }) => sum + sentence.text.length, 0) / Math.max(1, sentences.length);
  const own = sentences.map(({ sentence, terms, contextTerms }) => {
    const norm = K1 * (1 - B + (B * sentence.text.length) / mean);
    return words.reduce((score, word) => {
      const match = Math.max(matchWord(word, terms), CONTEXT_WEIGHT * matchWord(word, contextTerms));
      return score + (word.weight * match * (K1 + 1)) / (match + norm);
    }, 0);
  });
  return own.map((score, index) => score + NEIGHBOUR_SHARE * ((own[index - 1] ?? 0) + (own[index + 1] ?? 0)));
}

/** True when the sentence says something that the question does not. */
function addsWords(sentence: string, asked: ReadonlySet<string>): boolean {
  return contentTerms(sentence).filter((term) => !asked.has(term)).length >= 2;
}
