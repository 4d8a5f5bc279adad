/** A leg's opinion of a passage; higher is better, the scale is the leg's own. */
export interface ScoredId {
  id: string;
  score: number;
}

/** One ranked list with its share in the result. */
export interface Leg {
  weight: number;
  hits: readonly ScoredId[];
}

/** A passage with its fused score (0..1) and each leg's own score, null where the leg did not name it. */
export interface FusedHit {
  id: string;
  score: number;
  legScores: (number | null)[];
}

/**
 * Weighted score fusion: each leg is scaled by its top score, then summed by weight, relative to the sum of all weights.
 * Scores below zero count as zero, a repeated id by its best score. Keeps the distances between scores, which rank
 * fusion loses: a weak leg then cannot overrule a clear winner of a strong one. Best first; ties by the legs' scores in
 * order, then by id, so that equal input gives equal output.
 */
export function fuseScores(legs: readonly Leg[]): FusedHit[] {
  const total = legs.reduce((sum, { weight }) => sum + weight, 0);
  const fused = new Map<string, FusedHit>();
  for (const [index, { weight, hits }] of legs.entries()) {
    const best = bestById(hits);
    const top = Math.max(0, ...best.values());
    const share = top > 0 && total > 0 ? weight / total : 0;
    for (const [id, score] of best) {
      const hit = fused.get(id) ?? { id, score: 0, legScores: legs.map(() => null) };
      if (share > 0) hit.score += (Math.max(0, score) / top) * share;
      hit.legScores[index] = score;
      fused.set(id, hit);
    }
  }
  return [...fused.values()].sort(compareHits);
}

function bestById(hits: readonly ScoredId[]): Map<string, number> {
  const best = new Map<string, number>();
  for (const { id, score } of hits) best.set(id, Math.max(score, best.get(id) ?? Number.NEGATIVE_INFINITY));
  return best;
}

function compareHits(a: FusedHit, b: FusedHit): number {
  if (a.score !== b.score) return b.score - a.score;
  for (const [index, score] of a.legScores.entries()) {
    const difference = (b.legScores[index] ?? Number.NEGATIVE_INFINITY) - (score ?? Number.NEGATIVE_INFINITY);
    if (difference > 0 || difference < 0) return difference;
  }
  return a.id < b.id ? -1 : Number(a.id > b.id);
}
