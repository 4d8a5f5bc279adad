import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanFilename, titleFromFilename } from '../../src/documents/clean-filename.js';

describe('cleanFilename', () => {
  it.each([
    ['../../../../tmp/rag_name_slip.pdf', 'rag_name_slip.pdf'],
    ['..\\..\\rag_name_slip.pdf', 'rag_name_slip.pdf'],
    ['/etc/rag_abs.pdf', 'rag_abs.pdf'],
    ['C:\\Windows\\rag.pdf', 'rag.pdf'],
    ['a\u0000b.pdf', 'ab.pdf'],
    ['a\r\nX-Injected: 1.pdf', 'aX-Injected: 1.pdf'],
    ['\u202Efdp.exe', 'fdp.exe'],
    ['файл отчёт.pdf', 'файл отчёт.pdf'],
    ['', 'unnamed'],
    ['   ', 'unnamed'],
    ['../', 'unnamed'],
    ['😀.pdf', '😀.pdf'],
    ['report.pdf ', 'report.pdf'],
  ])('shows %j as %j', (given, shown) => {
    expect(cleanFilename(given)).toBe(shown);
  });

  it('gives a name without separators or control characters, of at most 255 characters, for any input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (given) => {
        const name = cleanFilename(given);
        expect(name).not.toMatch(/[/\\\p{Cc}\p{Cs}]/u);
        expect([...name].length).toBeGreaterThan(0);
        expect([...name].length).toBeLessThanOrEqual(255);
      }),
    );
  });
});

describe('titleFromFilename', () => {
  it.each([
    ['Employee handbook.pdf', 'Employee handbook'],
    ['.env', '.env'],
    ['archive.tar.gz', 'archive.tar'],
    ['constructor', 'constructor'],
  ])('makes %j the title %j', (filename, title) => {
    expect(titleFromFilename(filename)).toBe(title);
  });
});
