/**
 * Runs a golden set through a search and says how good the ranking is. It knows results by document key, page and text;
 * how they are found, and what is ingested before, is the caller's.
 */
import type { Clock } from '../domain/ports/clock.js';
import { normaliseText } from '../domain/text/normalise-text.js';
import type { GoldenQuestion, GoldItem } from './golden-set.js';
import { hitAtK } from './metrics/hit-at-k.js';
import { ndcgAtK } from './metrics/ndcg-at-k.js';
import { quantile } from './metrics/quantile.js';
import type { RankedMatches } from './metrics/ranked-matches.js';
import { recallAtK } from './metrics/recall-at-k.js';
import { reciprocalRank } from './metrics/reciprocal-rank.js';

/** A search result as the runner compares it with gold. */
export interface RankedResult {
  /** Key of the document, in the words of the golden set. */
  document: string;
  page: number | null;
  text: string;
}

/** Ranked results for a question, best first; ten or more, so that every metric has its depth. */
export type EvaluatedSearch = (question: string) => Promise<RankedResult[]>;

/** Means over all questions that have gold. */
export interface RetrievalReport {
  questions: number;
  /** Shares from 0 to 1. */
  metrics: {
    hitAt1: number;
    hitAt5: number;
    hitAt10: number;
    recallAt5: number;
    recallAt10: number;
    mrr: number;
    ndcgAt10: number;
  };
  /** Milliseconds of a search, median and 95th percentile. */
  latency: { p50: number; p95: number };
}

type Scores = RetrievalReport['metrics'];

/** Asks every question that has gold, one after the other. Absent questions say nothing about a ranking and are left out. */
export async function evaluateRetrieval(
  questions: readonly GoldenQuestion[],
  search: EvaluatedSearch,
  clock: Clock,
): Promise<RetrievalReport> {
  const scores: Scores[] = [];
  const times: number[] = [];
  for (const question of questions) {
    if (!('gold' in question)) continue;
    const started = clock.now();
    const results = await search(question.question);
    times.push(clock.now() - started);
    scores.push(scoreRanking(matchResults(results, question.gold), question.gold.length));
  }
  return {
    questions: scores.length,
    metrics: mean(scores),
    latency: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
  };
}

/** Which gold items each result satisfies. */
export function matchResults(results: readonly RankedResult[], gold: readonly GoldItem[]): RankedMatches {
  return results.map((result) => gold.flatMap((item, index) => (satisfies(result, item) ? [index] : [])));
}

function satisfies(result: RankedResult, { document, page, answer }: GoldItem): boolean {
  if (result.document !== document) return false;
  if (page !== undefined && result.page !== page) return false;
  return answer === undefined || comparable(result.text).includes(comparable(answer));
}

function comparable(text: string): string {
  return normaliseText(text).replace(/\s+/gu, ' ').trim();
}

function scoreRanking(matches: RankedMatches, goldCount: number): Scores {
  return {
    hitAt1: hitAtK(matches, 1),
    hitAt5: hitAtK(matches, 5),
    hitAt10: hitAtK(matches, 10),
    recallAt5: recallAtK(matches, { k: 5, goldCount }),
    recallAt10: recallAtK(matches, { k: 10, goldCount }),
    mrr: reciprocalRank(matches),
    ndcgAt10: ndcgAtK(matches, { k: 10, goldCount }),
  };
}

function mean(scores: readonly Scores[]): Scores {
  const of = (name: keyof Scores) => scores.reduce((sum, score) => sum + score[name], 0) / Math.max(1, scores.length);
  return {
    hitAt1: of('hitAt1'),
    hitAt5: of('hitAt5'),
    hitAt10: of('hitAt10'),
    recallAt5: of('recallAt5'),
    recallAt10: of('recallAt10'),
    mrr: of('mrr'),
    ndcgAt10: of('ndcgAt10'),
  };
}
