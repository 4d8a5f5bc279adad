import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACKOFF_BASE_MS, BACKOFF_CAP_MS, backoffMs } from '../../../src/domain/jobs/backoff.js';

const almostOne = () => 1 - Number.EPSILON;

describe('backoffMs', () => {
  it('doubles its upper bound with every attempt', () => {
    expect([1, 2, 3, 4].map((attempt) => backoffMs(attempt, { random: almostOne }))).toEqual([
      BACKOFF_BASE_MS,
      BACKOFF_BASE_MS * 2,
      BACKOFF_BASE_MS * 4,
      BACKOFF_BASE_MS * 8,
    ]);
  });

  it('reaches down to zero at every attempt', () => {
    expect(backoffMs(9, { random: () => 0 })).toBe(0);
  });

  it('gives whole milliseconds between zero and the cap for any attempt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 5000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, r) => {
          const wait = backoffMs(attempt, { random: () => r });
          expect(Number.isInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(BACKOFF_CAP_MS);
        },
      ),
    );
  });
});
