import type { RankedMatches } from './ranked-matches.js';

/** 1 / place (from 1) of the first result that satisfies a gold item; 0 when none does. Its mean is MRR. */
export function reciprocalRank(matches: RankedMatches): number {
  const place = matches.findIndex((gold) => gold.length > 0);
  return place === -1 ? 0 : 1 / (place + 1);
}
