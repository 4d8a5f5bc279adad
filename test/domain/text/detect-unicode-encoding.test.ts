import { randomFillSync } from 'node:crypto';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { detectUnicodeEncoding } from '../../../src/domain/text/detect-unicode-encoding.js';

const TEXTS = [
  'Plain English text.\nWith two lines.',
  'Ελληνικά και русский текст\n',
  '漢字 和 一些 文字。\n第二行一二三\n',
];

describe('detectUnicodeEncoding', () => {
  for (const encoding of ['utf-16le', 'utf-16be', 'utf-32le', 'utf-32be'] as const) {
    it(`finds ${encoding} with and without a byte order mark`, () => {
      for (const text of TEXTS) {
        expect(detectUnicodeEncoding(iconv.encode(text, encoding))).toEqual({ encoding, bomLength: 0 });
        const marked = iconv.encode(text, encoding, { addBOM: true });
        expect(detectUnicodeEncoding(marked)?.encoding).toBe(encoding);
        expect(detectUnicodeEncoding(marked)?.bomLength).toBe(encoding.startsWith('utf-32') ? 4 : 2);
      }
    });
  }

  it('finds the mark of UTF-8, and nothing in UTF-8 or 8-bit text without one', () => {
    expect(detectUnicodeEncoding(Buffer.from('\uFEFFhello'))).toEqual({ encoding: 'utf-8', bomLength: 3 });
    expect(detectUnicodeEncoding(Buffer.from('hello äöü'))).toBeNull();
    expect(detectUnicodeEncoding(Buffer.from('hello äöü', 'latin1'))).toBeNull();
  });

  it('does not take binary data for text', () => {
    const random = randomFillSync(Buffer.alloc(8192));
    random[100] = 0;
    expect(detectUnicodeEncoding(random.subarray(2))).toBeNull();
    expect(detectUnicodeEncoding(Buffer.alloc(4096))).toBeNull();
    expect(detectUnicodeEncoding(Buffer.from([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]))).toBeNull();
  });

  it('takes 8-bit text with a stray zero byte for what it is', () => {
    expect(detectUnicodeEncoding(Buffer.from(`${'some words here '.repeat(50)}\0 and the rest`))).toBeNull();
  });
});
