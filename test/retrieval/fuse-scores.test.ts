import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuseScores } from '../../src/retrieval/fuse-scores.js';

describe('fuseScores', () => {
  it('scales each leg by its top score and adds by weight', () => {
    const fused = fuseScores([
      {
        weight: 0.8,
        hits: [
          { id: 'a', score: 20 },
          { id: 'b', score: 10 },
        ],
      },
      {
        weight: 0.2,
        hits: [
          { id: 'c', score: 0.5 },
          { id: 'b', score: 0.25 },
        ],
      },
    ]);
    expect(fused.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(fused.map(({ score }) => score)).toEqual([0.8, 0.5, 0.2].map((value) => expect.closeTo(value, 10)));
    expect(fused[1]?.legScores).toEqual([10, 0.25]);
    expect(fused[2]?.legScores).toEqual([null, 0.5]);
  });

  it('gives a lone leg the whole scale', () => {
    const hits = [
      { id: 'a', score: 4 },
      { id: 'b', score: 1 },
    ];
    expect(
      fuseScores([
        { weight: 0, hits: [] },
        { weight: 0.15, hits },
      ]).map(({ score }) => score),
    ).toEqual([1, 0.25]);
  });

  it('lets a weak leg not overrule a clear winner', () => {
    const strong = [
      { id: 'right', score: 30 },
      { id: 'other', score: 12 },
    ];
    const weak = [
      { id: 'other', score: 0.6 },
      { id: 'right', score: 0.3 },
    ];
    expect(
      fuseScores([
        { weight: 0.8, hits: strong },
        { weight: 0.2, hits: weak },
      ])[0]?.id,
    ).toBe('right');
  });

  it('names each id once, best first, within 0 and 1, the same for any order of equal hits', () => {
    const hit = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      score: fc.double({ min: -2, max: 9, noNaN: true }),
    });
    const hits = fc.array(hit, { maxLength: 12 });
    fc.assert(
      fc.property(hits, hits, fc.double({ min: 0, max: 1, noNaN: true }), (first, second, weight) => {
        const fuse = (one: typeof first, two: typeof first) =>
          fuseScores([
            { weight: 1 - weight, hits: one },
            { weight, hits: two },
          ]);
        const fused = fuse(first, second);
        expect(new Set(fused.map(({ id }) => id)).size).toBe(fused.length);
        expect(new Set(fused.map(({ id }) => id))).toEqual(new Set([...first, ...second].map(({ id }) => id)));
        for (const [index, { score }] of fused.entries()) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1 + 1e-9);
          if (index > 0) expect(score).toBeLessThanOrEqual(fused[index - 1]?.score as number);
        }
        expect(fuse(first.toReversed(), second.toReversed())).toEqual(fused);
      }),
    );
  });
});
