/**
 * Ranks the sentences of the evidence for a question, and says whether they can answer it at all. Lexical only: weighted
 * overlap with the question (Okapi BM25 weights within the evidence), helped by neighbours, by the passage, and by holding
 * the kind of thing that is asked for.
 */
import { analyseQuery } from '../../domain/text/analyse-terms.js';
import { isStopWord } from '../../domain/text/stop-words.js';
import { tokeniseText } from '../../domain/text/tokenise-text.js';
import type { Evidence, GroundedSentence } from '../ground/ground-passages.js';
import { classifyQuestion, holdsAnswerOf } from './question-type.js';

export interface ScoredSentence {
  sentence: GroundedSentence;
  score: number;
}

export interface SentenceRanking {
  /** Best first. */
  sentences: ScoredSentence[];
  /** Share of the question's term weight that the best passage holds, 0..1. */
  share: number;
  /** False: nothing here is good enough to quote. */
  answerable: boolean;
}

const K1 = 1.2;
const B = 0.4;
/** What a neighbour's score adds, and how much the passage counts beside the sentence (both from trimming runs). */
const NEIGHBOUR_SHARE = 0.3;
const PASSAGE_SHARE = 0.5;
/** For a sentence that holds a date, number, name or place as asked for. */
const TYPE_BONUS = 0.15;
/** Shortest sentence in letters that is more than a heading. */
const MIN_LETTERS = 15;
/** Below this share the question is about something else (see `npm run eval:answers`). */
const MIN_SHARE = 0.36;

/** Frequencies of the question's terms in one text. */
type Counts = Map<string, number>;

/** Ranks all sentences of the evidence. */
export function rankSentences(question: string, evidence: Evidence): SentenceRanking {
  const weights = weighTerms(question, evidence);
  const type = classifyQuestion(question);
  const scored: ScoredSentence[] = [];
  let share = 0;
  const best = Math.max(1e-9, ...evidence.passages.map(({ passage }) => passage.score));
  const raw = evidence.passages.map(({ sentences }) => scoreSentences(sentences, weights));
  const bestRaw = Math.max(1e-9, ...raw.flat());
  for (const [index, { passage, sentences }] of evidence.passages.entries()) {
    share = Math.max(
      share,
      heldShare(`${passage.documentTitle}\n${passage.heading.join('\n')}\n${passage.text}`, weights),
    );
    for (const [position, sentence] of sentences.entries()) {
      const own = raw[index]?.[position] ?? 0;
      if (own === 0) continue;
      const bonus = holdsAnswerOf(type, sentence.text, question) ? TYPE_BONUS : 0;
      const heading = (sentence.text.match(/\p{L}/gu)?.length ?? 0) < MIN_LETTERS ? -0.5 : 0;
      scored.push({ sentence, score: own / bestRaw + (PASSAGE_SHARE * passage.score) / best + bonus + heading });
    }
  }
  scored.sort((one, other) => other.score - one.score);
  return { sentences: scored, share, answerable: scored.length > 0 && share >= MIN_SHARE };
}

/** The question's terms with weight times inverse sentence frequency within the evidence; function words left out. */
function weighTerms(question: string, evidence: Evidence): Map<string, number> {
  const sentences = evidence.passages.flatMap((passage) => passage.sentences);
  const all = analyseQuery(question).filter(({ term }) => !isStopWord(term));
  const terms = new Map(all.map(({ term, weight }) => [term, weight]));
  const frequency = new Map<string, number>();
  for (const { text } of sentences) {
    for (const term of countTerms(text, terms).keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  }
  for (const [term, weight] of terms) {
    const found = frequency.get(term) ?? 0;
    terms.set(term, weight * Math.log(1 + (sentences.length - found + 0.5) / (found + 0.5)));
  }
  return terms;
}

function countTerms(text: string, terms: ReadonlyMap<string, unknown>): Counts {
  const counts: Counts = new Map();
  tokeniseText(text, (term) => {
    if (terms.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1);
  });
  return counts;
}

/** BM25 of each sentence plus a share of its neighbours'. */
function scoreSentences(sentences: GroundedSentence[], weights: ReadonlyMap<string, number>): number[] {
  const mean = sentences.reduce((sum, { text }) => sum + text.length, 0) / Math.max(1, sentences.length);
  const own = sentences.map(({ text }) => {
    let score = 0;
    for (const [term, count] of countTerms(text, weights)) {
      score += ((weights.get(term) ?? 0) * count * (K1 + 1)) / (count + K1 * (1 - B + (B * text.length) / mean));
    }
    return score;
  });
  return own.map((score, index) => score + NEIGHBOUR_SHARE * ((own[index - 1] ?? 0) + (own[index + 1] ?? 0)));
}

function heldShare(text: string, weights: ReadonlyMap<string, number>): number {
  const held = countTerms(text, weights);
  let found = 0;
  let total = 0;
  for (const [term, weight] of weights) {
    total += weight;
    if (held.has(term)) found += weight;
  }
  return total === 0 ? 0 : found / total;
}
