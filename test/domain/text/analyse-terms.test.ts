import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analysePassage } from '../../../src/domain/text/analyse-passage.js';
import { analyseQuery, analyseTerms, isWholeWord } from '../../../src/domain/text/analyse-terms.js';

const wordsOf = (text: string) =>
  analyseTerms(text)
    .map(({ term }) => term)
    .filter(isWholeWord);
const weightOf = (terms: { term: string; weight: number }[], term: string) =>
  terms.find((each) => each.term === term)?.weight;

describe('analyseTerms', () => {
  it.each([
    ['FY2018', ['fy2018', 'fy', '2018']],
    ['FY18 results', ['fy18', '18', '2018', 'results']],
    ['AB-1024/7', ['ab', '1024', '7', 'ab-1024/7']],
    ['2023Q2', ['2023q2', '2023', '2']],
    ['§ 12(3)', ['12', '3', '12(3']],
    ['1,200 and 1200', ['1200', 'and']],
    ['1 200 | 1’200', ['1200']],
    ['1.234.567,89', ['1234567.89']],
    ['3,5', ['3.5']],
    ['1.200', ['1.200', '1200']],
    ["the company's", ['the', 'company', 'companys']],
    ["l'homme", ['homme', 'lhomme']],
    ['U.S.', ['us']],
    ['Ünïcödé ﬁx', ['unicode', 'fix']],
    ['straße', ['strasse']],
    ['Київ', ['київ'.replace('ї', 'і')]],
    ['كِتَابٌ مدرسة', ['كتاب', 'مدرسه']],
    ['٢٠١٨ २०१८', ['2018']],
  ])('reads %j', (text, expected) => {
    const words = wordsOf(text);
    for (const term of expected) expect(words).toContain(term);
  });

  it('finds words of scripts without spaces and their neighbouring letters', () => {
    expect(wordsOf('今天天气很好')).toEqual(expect.arrayContaining(['今天', '天气']));
    expect(analyseTerms('今天天气').map(({ term }) => term)).toContain('~天天');
    expect(wordsOf('สวัสดีครับ')).toEqual(expect.arrayContaining(['สวัสดี', 'ครับ']));
  });

  it('gives words framed letters as n-grams, so that inflected forms share terms', () => {
    const grams = (word: string) =>
      new Set(
        analyseTerms(word)
          .map(({ term }) => term)
          .filter((term) => !isWholeWord(term)),
      );
    expect(grams('taxes')).toEqual(new Set(['~^tax', '~taxe', '~axes', '~xes$']));
    expect(grams('the').size).toBe(0);
    const shared = [...grams('Versicherung')].filter((gram) => grams('Haftpflichtversicherungen').has(gram));
    expect(shared.length).toBeGreaterThan(6);
  });

  it('ignores what nobody sees: soft hyphens, zero-width, bidi and tag characters', () => {
    const hidden = [...'ignore'].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
    expect(wordsOf(`in\u00advis\u200bible\u202e${hidden}`)).toEqual(['invisible']);
  });

  it('weighs n-grams of a question less than its words', () => {
    const terms = analyseQuery('annual holidays');
    expect(weightOf(terms, 'annual')).toBe(1);
    expect(weightOf(terms, '~^ann')).toBeLessThan(0.5);
  });

  it('gives the same terms however a text is composed or capitalised', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-zÀ-ž .,]{0,80}$/u), (text) => {
        const terms = analyseTerms(text);
        expect(analyseTerms(text.normalize('NFD'))).toEqual(terms);
        expect(analyseTerms(text.normalize('NFC'))).toEqual(terms);
      }),
    );
  });

  it('gives short, unique terms with positive weights for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const terms = analyseTerms(text);
        expect(new Set(terms.map(({ term }) => term)).size).toBe(terms.length);
        for (const { term, weight } of terms) {
          expect(term.length).toBeGreaterThan(0);
          expect(term.length).toBeLessThanOrEqual(68);
          expect(weight).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('takes linear time on a long run without a break', () => {
    for (const unit of ['a', '漢', '1', '\u0301', 'ก', '1,', '.', '-a', "'", '😀', 'カ', '1 ']) {
      const text = unit.repeat(250_000 / unit.length);
      const started = performance.now();
      analyseTerms(text);
      expect(performance.now() - started, JSON.stringify(unit)).toBeLessThan(2500);
    }
  }, 60_000);
});

describe('analysePassage', () => {
  it('indexes title, headings, context and text; the length is the sum of the weights', () => {
    const { terms, length } = analysePassage({
      title: 'Handbook',
      heading: ['Leave', 'Days'],
      context: 'Country',
      text: 'Thirty days.',
    });
    for (const word of ['handbook', 'leave', 'country', 'thirty']) expect(weightOf(terms, word)).toBe(1);
    expect(weightOf(terms, 'days')).toBe(2);
    expect(length).toBeCloseTo(terms.reduce((sum, { weight }) => sum + weight, 0));
  });
});
