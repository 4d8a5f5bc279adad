/**
 * Asks a golden set and says how good the answers are: whether the gold stands in what is cited, whether what is absent is
 * refused and nothing else is, whether quotes are true. Who answers, and over which documents, is the caller's.
 */
import type { Clock } from '../domain/ports/clock.js';
import { matchResults, type RankedResult } from './evaluate-retrieval.js';
import type { GoldenQuestion } from './golden-set.js';
import { quantile } from './metrics/quantile.js';

/** A quote of an answer; `document` is a key of the golden set. */
export interface EvaluatedQuote extends RankedResult {
  /** The stored text at its offsets is exactly the quote. */
  verbatim: boolean;
}

/** An answer as the runner needs it, quotes in order of their markers. */
export interface EvaluatedAnswer {
  refused: boolean;
  quotes: EvaluatedQuote[];
}

/** Asks one question. */
export type EvaluatedAsk = (question: string) => Promise<EvaluatedAnswer>;

/** Counts over all questions. */
export interface AnswerReport {
  /** Questions that the documents answer, and those that they do not. */
  present: number;
  absent: number;
  /** Present ones with gold in the first quote, and in one of the first three; a refusal has none. */
  goldInFirst: number;
  goldInFirstThree: number;
  presentRefused: number;
  absentRefused: number;
  /** Quotes of all answers, and how many of them are true. */
  quotes: number;
  verbatimQuotes: number;
  /** Milliseconds of an answer, median and 95th percentile. */
  latency: { p50: number; p95: number };
}

const FIRST_QUOTES = 3;

/** Asks every question, one after the other. */
export async function evaluateAnswers(
  questions: readonly GoldenQuestion[],
  ask: EvaluatedAsk,
  clock: Clock,
): Promise<AnswerReport> {
  const report = emptyReport();
  const times: number[] = [];
  for (const question of questions) {
    const started = clock.now();
    const answer = await ask(question.question);
    times.push(clock.now() - started);
    count(report, question, answer);
  }
  return { ...report, latency: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) } };
}

function emptyReport(): AnswerReport {
  const counts = { present: 0, absent: 0, goldInFirst: 0, goldInFirstThree: 0, presentRefused: 0, absentRefused: 0 };
  return { ...counts, quotes: 0, verbatimQuotes: 0, latency: { p50: 0, p95: 0 } };
}

function count(report: AnswerReport, question: GoldenQuestion, { refused, quotes }: EvaluatedAnswer): void {
  report.quotes += quotes.length;
  report.verbatimQuotes += quotes.filter(({ verbatim }) => verbatim).length;
  if (!('gold' in question)) {
    report.absent += 1;
    if (refused) report.absentRefused += 1;
    return;
  }
  report.present += 1;
  if (refused) report.presentRefused += 1;
  const held = matchResults(quotes, question.gold).map((gold) => gold.length > 0);
  if (held[0] === true) report.goldInFirst += 1;
  if (held.slice(0, FIRST_QUOTES).includes(true)) report.goldInFirstThree += 1;
}

/** `size` questions spread evenly over the set, always the same ones; all when there are not more. */
export function sampleQuestions(questions: readonly GoldenQuestion[], size: number): GoldenQuestion[] {
  if (size >= questions.length) return [...questions];
  return Array.from({ length: size }, (_, index) => Math.floor((index * questions.length) / size)).flatMap(
    (at) => questions[at] ?? [],
  );
}
