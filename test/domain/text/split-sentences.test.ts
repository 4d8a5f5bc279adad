import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitSentences } from '../../../src/domain/text/split-sentences.js';

const sentencesOf = (text: string) => splitSentences(text).map(({ start, end }) => text.slice(start, end));

describe('splitSentences', () => {
  it.each([
    ['Plain ones. Then another! A third?', ['Plain ones.', 'Then another!', 'A third?']],
    [
      'Dr. Smith paid 3.5 million, e.g. in the U.S. market. He left.',
      ['Dr. Smith paid 3.5 million, e.g. in the U.S. market.', 'He left.'],
    ],
    [
      'George W. Bush and J. K. Rowling met. Nobody saw it.',
      ['George W. Bush and J. K. Rowling met.', 'Nobody saw it.'],
    ],
    [
      'Apple Inc. Chairman spoke. It works for Acme Inc. The firm grew.',
      ['Apple Inc. Chairman spoke.', 'It works for Acme Inc.', 'The firm grew.'],
    ],
    [
      'Am 3. Oktober 1990 geschah es, z.B. in Berlin. Danach nicht.',
      ['Am 3. Oktober 1990 geschah es, z.B. in Berlin.', 'Danach nicht.'],
    ],
    [
      'It began in 1998. Most stayed until 12. Nobody left.',
      ['It began in 1998.', 'Most stayed until 12.', 'Nobody left.'],
    ],
    ['“Is it so?” she asked. “Yes.” He went.', ['“Is it so?” she asked.', '“Yes.”', 'He went.']],
    ['It was so.[3] The rest is known.[4][5]', ['It was so.[3]', 'The rest is known.[4][5]']],
    ['今天天气很好。我们去公园！你来吗？', ['今天天气很好。', '我们去公园！', '你来吗？']],
    ['هل هذا صحيح؟ نعم. انتهى.', ['هل هذا صحيح؟', 'نعم.', 'انتهى.']],
    ['यह पहला है। यह दूसरा है।', ['यह पहला है।', 'यह दूसरा है।']],
    ['', []],
    [' \n --- \n', []],
  ])('splits %j', (text, expected) => {
    expect(sentencesOf(text)).toEqual(expected);
  });

  it('keeps headings, list items and table rows apart', () => {
    const text =
      '# Leave\nYou have 30 days.\n\n- one day\n- two days\n  and a half\n1. First step\n\n| a | b |\n|---|---|\n| 1 | 2 |\n';
    expect(sentencesOf(text)).toEqual([
      '# Leave',
      'You have 30 days.',
      '- one day',
      '- two days\n  and a half',
      '1. First step',
      '| a | b |',
      '| 1 | 2 |',
    ]);
  });

  it('joins wrapped lines and ends a title line', () => {
    const text =
      'Annual report\nThe revenue of the company for the fiscal year 2018\nwas 3.2 million. Costs fell\nby 4 %.';
    expect(sentencesOf(text)).toEqual([
      'Annual report',
      'The revenue of the company for the fiscal year 2018\nwas 3.2 million.',
      'Costs fell\nby 4 %.',
    ]);
  });

  it('gives ordered, trimmed spans that hold every letter and digit', () => {
    const piece = fc.constantFrom(
      'A',
      'b',
      '7',
      '.',
      '. ',
      '! ',
      '。',
      '\n',
      '\n\n',
      '|',
      '\t',
      '- ',
      '# ',
      'Dr. ',
      '"',
      ' ',
      '😀',
      '\r\n',
      'é',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string({ unit: 'grapheme', maxLength: 5 })), { maxLength: 60 }),
        (pieces) => {
          const text = pieces.join('');
          const spans = splitSentences(text);
          let rest = '';
          let position = 0;
          for (const { start, end } of spans) {
            expect(start).toBeGreaterThanOrEqual(position);
            expect(end).toBeGreaterThan(start);
            expect(text.slice(start, end).trim()).toBe(text.slice(start, end));
            rest += text.slice(position, start);
            position = end;
          }
          expect(rest + text.slice(position)).not.toMatch(/[\p{L}\p{N}]/u);
        },
      ),
    );
  });

  it('takes linear time on hostile input', () => {
    for (const unit of ['.', 'a', ' ', '\n', '(', 'a. ', '。', 'A.', '|', '[1]', '"']) {
      const text = unit.repeat(300_000 / unit.length);
      const started = performance.now();
      splitSentences(text);
      expect(performance.now() - started, JSON.stringify(unit)).toBeLessThan(3000);
    }
  });
});
