import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { cleanText, cleanTitle } from '../../../ingest/parse/clean-text.js';
import { decodeText } from '../../../ingest/parse/decode-text.js';

/** Some sentences each: a detector needs letters to count. */
const SAMPLES: Record<string, [text: string, ...encodings: string[]]> = {
  german: [
    'Die schöne Frau hat einen Kaffee getrunken. Das kostet 5 €, sagte er über größere Änderungen.',
    'windows-1252',
  ],
  french: ['L’été était très chaud cette année. J’ai acheté un café à côté de l’hôtel.', 'windows-1252'],
  russian: [
    'Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью.',
    ...['windows-1251', 'koi8-r', 'iso-8859-5'],
  ],
  greek: ['Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.', 'iso-8859-7'],
  japanese: [
    'すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられている。',
    ...['shift_jis', 'euc-jp'],
  ],
  chinese: ['人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。', 'gb18030'],
  taiwanese: ['人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神相對待。', 'big5'],
  korean: ['모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.', 'euc-kr'],
};

describe('decodeText', () => {
  for (const [language, [text, ...encodings]] of Object.entries(SAMPLES)) {
    for (const encoding of [...encodings, 'utf-8', 'utf-16le', 'utf-16be', 'utf-32le', 'utf-32be']) {
      it(`reads ${language} in ${encoding}`, () => {
        const lines = `${text}\n${text}\n`;
        expect(decodeText(iconv.encode(lines, encoding)).text).toBe(lines);
        if (encoding.startsWith('utf')) {
          expect(decodeText(iconv.encode(lines, encoding, { addBOM: true })).text).toBe(lines);
        }
      });
    }
  }

  it('reads ISO-2022-JP, which is ASCII to a careless eye', () => {
    const bytes = Buffer.from('1b244224332473244b2441244f1b28420a', 'hex');
    expect(decodeText(bytes).text).toBe('こんにちは\n');
  });

  it('follows a declaration where the bytes are not UTF-8, and the bytes where they are', () => {
    const cyrillic = iconv.encode('Да', 'windows-1251');
    expect(decodeText(cyrillic, 'windows-1251').text).toBe('Да');
    expect(decodeText(Buffer.from('Да'), 'windows-1251').text).toBe('Да');
    expect(decodeText(iconv.encode('“quoted”', 'windows-1252'), 'ISO-8859-1').text).toBe('“quoted”');
    expect(decodeText(Buffer.from('caf\xe9 au lait', 'latin1'), 'no-such-charset').text).toBe('café au lait');
  });

  it('keeps UTF-8 that has a few broken bytes', () => {
    const bytes = Buffer.concat([Buffer.from('Größe äöü ÄÖÜ ß '.repeat(20)), Buffer.from([0xe2, 0x82])]);
    expect(decodeText(bytes).text).toMatch(/^Größe äöü ÄÖÜ ß .*\uFFFD+$/s);
  });

  it('finds the encoding when the telling bytes come late in a large file', () => {
    const bytes = iconv.encode(`${'plain ascii line\n'.repeat(20_000)}${SAMPLES.russian?.[0]}`, 'windows-1251');
    expect(decodeText(bytes).text).toContain('рождаются свободными');
  });

  it('never gives noise, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const { text } = decodeText(bytes);
        expect(cleanText(text)).toBe(text);
        expect(text.includes('\0') || text.includes('\r')).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('cleanText', () => {
  it('removes what no reader sees and keeps the rest', () => {
    expect(cleanText('a\r\nb\rc\u2028d\fe')).toBe('a\nb\nc\nd\ne');
    expect(cleanText('a\0b\u0007c\u009Fd\uFEFFe\uFFFEf\u00ADg')).toBe('abcdefg');
    expect(cleanText('x\uD800y\uDC00z😀')).toBe('xyz😀');
    expect(cleanText('pay\u{E0049}\u{E0067}\u{E006E}ment')).toBe('payment');
    expect(cleanText('👍\uFE0F and \uFE0F\u{E0101}\u{E0102}')).toBe('👍\uFE0F and \uFE0F');
    expect(cleanText('\tтекст 漢字 می‌خواهم')).toBe('\tтекст 漢字 می‌خواهم');
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(cleanText(cleanText(text))).toBe(cleanText(text));
      }),
    );
  });

  it('gives titles on one line, and none for what programs write by themselves', () => {
    expect(cleanTitle('  Annual\nreport\0 ')).toBe('Annual report');
    expect(cleanTitle('Microsoft Word - Offer.doc')).toBe('Offer.doc');
    for (const nothing of ['', ' \n', 'untitled', 'Document1', '\0', 7, null]) expect(cleanTitle(nothing)).toBeNull();
    expect(cleanTitle('x'.repeat(5000))).toHaveLength(300);
  });
});
