import type { RankedMatches } from './ranked-matches.js';

/** Share (0..1) of `goldCount` gold items that the first `k` results satisfy; 1 when there is nothing to find. */
export function recallAtK(matches: RankedMatches, { k, goldCount }: { k: number; goldCount: number }): number {
  if (goldCount === 0) return 1;
  return new Set(matches.slice(0, k).flat()).size / goldCount;
}
