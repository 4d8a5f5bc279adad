import type { RankedMatches } from './ranked-matches.js';

/**
 * Normalised discounted cumulative gain of the first `k` results with gain 1 for each result that satisfies a gold item no
 * earlier one did (Järvelin & Kekäläinen 2002): 1 for a perfect order, 1 when there is nothing to find.
 */
export function ndcgAtK(matches: RankedMatches, { k, goldCount }: { k: number; goldCount: number }): number {
  if (goldCount === 0) return 1;
  const seen = new Set<number>();
  let gained = 0;
  for (const [index, gold] of matches.slice(0, k).entries()) {
    const fresh = gold.filter((item) => !seen.has(item));
    if (fresh.length > 0) gained += discount(index);
    for (const item of fresh) seen.add(item);
  }
  let ideal = 0;
  for (let index = 0; index < Math.min(k, goldCount); index += 1) ideal += discount(index);
  return gained / ideal;
}

function discount(index: number): number {
  return 1 / Math.log2(index + 2);
}
