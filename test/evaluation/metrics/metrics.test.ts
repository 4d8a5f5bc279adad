import { describe, expect, it } from 'vitest';
import { hitAtK } from '../../../src/evaluation/metrics/hit-at-k.js';
import { ndcgAtK } from '../../../src/evaluation/metrics/ndcg-at-k.js';
import { recallAtK } from '../../../src/evaluation/metrics/recall-at-k.js';
import { reciprocalRank } from '../../../src/evaluation/metrics/reciprocal-rank.js';

/** Miss, gold 1, gold 1 again, golds 0 and 2. */
const RANKING = [[], [1], [1], [0, 2]];

describe('metrics of a ranking', () => {
  it('hitAtK says whether anything right is among the first k', () => {
    expect([1, 2, 4].map((k) => hitAtK(RANKING, k))).toEqual([0, 1, 1]);
    expect(hitAtK([], 5)).toBe(0);
  });

  it('recallAtK counts each gold item once', () => {
    expect([1, 2, 3, 4].map((k) => recallAtK(RANKING, { k, goldCount: 4 }))).toEqual([0, 0.25, 0.25, 0.75]);
    expect(recallAtK([], { k: 5, goldCount: 0 })).toBe(1);
  });

  it('reciprocalRank is one over the first right place', () => {
    expect(reciprocalRank(RANKING)).toBe(0.5);
    expect(reciprocalRank([[], []])).toBe(0);
  });

  it('ndcgAtK is 1 for a perfect order and discounts by the logarithm of the place', () => {
    expect(ndcgAtK([[0], [1]], { k: 10, goldCount: 2 })).toBe(1);
    expect(ndcgAtK([[], [0]], { k: 10, goldCount: 1 })).toBeCloseTo(1 / Math.log2(3));
    expect(ndcgAtK([[0], [0]], { k: 10, goldCount: 2 })).toBeCloseTo(1 / (1 + 1 / Math.log2(3)));
    expect(ndcgAtK([[], [0]], { k: 1, goldCount: 1 })).toBe(0);
  });
});
