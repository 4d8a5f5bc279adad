import type { RankedMatches } from './ranked-matches.js';

/** 1 when one of the first `k` results satisfies any gold item, else 0. */
export function hitAtK(matches: RankedMatches, k: number): number {
  return matches.slice(0, k).some((gold) => gold.length > 0) ? 1 : 0;
}
