import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropInvisible, normaliseText } from '../../../src/domain/text/normalise-text.js';

describe('normaliseText', () => {
  it.each([
    ['ＦＵＬＬ ﬁne', 'full fine'],
    ['Łódź Ærøskøbing', 'lodz aeroskobing'],
    ['İstanbul ISPARTA ılık', 'istanbul isparta ilik'],
    ['ΟΔΥΣΣΕΎΣ', 'οδυσσευσ'],
    ['が ガ', 'が ガ'],
    ['हिन्दी ไทย', 'हिन्दी ไทย'],
    ['한국어', '한국어'],
    ['שָׁלוֹם', 'שלומ'.replace('מ', 'ם')],
    ['x²', 'x2'],
  ])('spells %j as %j', (text, expected) => {
    expect(normaliseText(text)).toBe(expected);
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const once = normaliseText(text);
        expect(normaliseText(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('dropInvisible', () => {
  it('keeps every visible character', () => {
    expect(dropInvisible('a\u00adb\u200d\ufeffc\u{e0041} d\ne')).toBe('abc d\ne');
  });
});
