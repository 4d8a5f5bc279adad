import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliceText, splitsPair } from '../../../src/domain/text/slice-text.js';

describe('sliceText', () => {
  it('covers the text with pieces of at most the length, none ending inside a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 2, max: 40 }), (text, length) => {
        const pieces = [...sliceText(text, length)];
        expect(pieces.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
        for (const { start, end } of pieces) {
          expect(end - start).toBeGreaterThan(0);
          expect(end - start).toBeLessThanOrEqual(length);
          if (end < text.length) expect(splitsPair(text, end)).toBe(false);
        }
      }),
    );
  });

  it('cuts behind white space where there is some, and else before a base letter', () => {
    const cut = (text: string, length: number) =>
      [...sliceText(text, length)].map(({ start, end }) => text.slice(start, end));
    expect(cut('one two three', 8)).toEqual(['one two ', 'three']);
    expect(cut('ae\u0301e\u0301', 4)).toEqual(['ae\u0301', 'e\u0301']);
  });
});
