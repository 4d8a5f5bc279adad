/**
 * The arithmetic of BM25 that is done outside the database. Pure.
 * Source: S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; the inverse document
 * frequency is Lucene's, which is never negative.
 */

/** Saturation of the term frequency. */
export const BM25_K1 = 1.2;
/** How much a passage's length counts, from 0 to 1. */
export const BM25_B = 0.75;

/**
 * A term that stands in a larger share of the passages is left out of a search whose rarer terms find enough: its postings
 * are most of the work and its idf, below 1.7, is least of the score.
 */
export const COMMON_TERM_SHARE = 0.2;
/** In smaller collections no term is left out; there is no time to win. */
export const COMMON_TERM_MIN_PASSAGES = 1000;

/** The two free parameters of BM25. */
export interface Bm25Parameters {
  k1: number;
  b: number;
}

/**
 * Scores are added up in whole units of 2^-36. Whole numbers (exact in a double up to 2^53) give the same sum in any order,
 * so passages with equal terms tie exactly, on every database and with every query plan.
 */
export const SCORE_UNIT = 2 ** 36;
/** Part of {@link SCORE_UNIT} that a term's factor carries before it meets the posting. */
export const FACTOR_UNIT = 2 ** 28;

/**
 * `ln(1 + (N - df + 0.5) / (df + 0.5))`.
 * @param passages N, live passages of the collection
 * @param frequency df, passages with the term; counts above N (versions on their way in or out) count as N
 */
export function inverseDocumentFrequency(passages: number, frequency: number): number {
  const df = Math.min(frequency, passages);
  return Math.log(1 + (passages - df + 0.5) / (df + 0.5));
}

/** What a term adds at most to a score, in whole units of 1 / {@link FACTOR_UNIT}. */
export function termFactor(options: { idf: number; queryWeight: number; k1: number }): number {
  return Math.round(options.idf * options.queryWeight * (options.k1 + 1) * FACTOR_UNIT);
}

/** From how many passages on a term is common in a collection of `passages`; Infinity when no term is. */
export function commonTermCount(passages: number): number {
  return passages < COMMON_TERM_MIN_PASSAGES ? Number.POSITIVE_INFINITY : Math.floor(passages * COMMON_TERM_SHARE) + 1;
}
