import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSentence, groundPassages } from '../../../src/answering/ground/ground-passages.js';
import { makePassage } from '../../support/answer-parts.js';

const LONG = 'This is a sentence about leave. '.repeat(60);

describe('grounding', () => {
  it('addresses every sentence with its exact place on the page', () => {
    const page = { title: 'T', text: 'Left out. One here. Two here!\n\nThree here.' };
    const evidence = groundPassages([makePassage(page, 0, { start: 10 })]);
    expect(evidence.passages[0]?.sentences.map(({ text }) => text)).toEqual(['One here.', 'Two here!', 'Three here.']);
    for (const { start, end, text } of evidence.passages[0]?.sentences ?? [])
      expect(page.text.slice(start, end)).toBe(text);
    expect(findSentence(evidence, { passage: 1, sentence: 2 })?.text).toBe('Two here!');
    for (const [passage, sentence] of [
      [0, 1],
      [1, 0],
      [1, 4],
      [2, 1],
    ] as const) {
      expect(findSentence(evidence, { passage, sentence })).toBeUndefined();
    }
  });

  it('drops passages whole by rank when the budget is used up, and keeps the first in any case', () => {
    const passages = [LONG, LONG, 'Short one.'].map((text, index) => makePassage({ title: 'T', text }, index));
    const evidence = groundPassages(passages, 900);
    expect(evidence.passages.map(({ number, passage }) => [number, passage.id])).toEqual([
      [1, 'psg_0_0'],
      [2, 'psg_2_0'],
    ]);
    expect(evidence.dropped).toBe(1);
    expect(evidence.tokens).toBeLessThanOrEqual(900);
    expect(groundPassages(passages, 1).passages).toHaveLength(1);
  });

  it('drops duplicates and passages without words', () => {
    const passage = makePassage({ title: 'T', text: 'One.' });
    expect(groundPassages([passage, passage, makePassage({ title: 'T', text: ' \n ' }, 5)]).passages).toHaveLength(1);
  });

  it('keeps offsets exact for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.nat(20), (text, start) => {
        const passage = makePassage({ title: 'T', text }, 0, { start: Math.min(start, text.length) });
        for (const sentence of groundPassages([passage]).passages[0]?.sentences ?? []) {
          expect(text.slice(sentence.start, sentence.end)).toBe(sentence.text);
        }
      }),
    );
  });
});
