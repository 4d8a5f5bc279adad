import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../ingest/parse/parse-document.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

/** Texts that make careless code quadratic or recursive, made to a length in characters. */
const SHAPES: Record<string, (length: number) => string> = {
  'one word': (length) => 'a'.repeat(length),
  'one run of spaces in quotes': (length) => `"${' '.repeat(length)}",b\n1,2`,
  'one line of cells': (length) => 'a,'.repeat(length / 2),
  'only quotes': (length) => '"'.repeat(length),
  'nested quotes': (length) => `${'> '.repeat(length / 2)}x\n`,
  'heading marks': (length) => `# ${'#'.repeat(length)}`,
  'pipes and dashes': (length) => `${'|-'.repeat(length / 4)}\n${'|-'.repeat(length / 4)}`,
  'underlined lines': (length) => 'a\n---\n'.repeat(length / 6),
  'opened brackets': (length) => '<'.repeat(length),
  'opened comments': (length) => '<!--'.repeat(length / 4),
  ampersands: (length) => '&'.repeat(length),
};

const LENGTH = 3_000_000;
/** Every one of these takes under 3 s on a busy two-core machine; quadratic code takes minutes. */
const LIMIT_MS = 25_000;

describe('parsers of text formats', () => {
  for (const mediaType of ['text/plain', 'text/markdown', 'text/html', 'text/csv']) {
    it(`take time in proportion to the size, whatever it is made of: ${mediaType}`, { timeout: 110_000 }, async () => {
      for (const [name, make] of Object.entries(SHAPES)) {
        const started = performance.now();
        const parsed = await parseDocument({ ...parserInput(make(LENGTH)), mediaType });
        expect(performance.now() - started, name).toBeLessThan(LIMIT_MS);
        expect(parsed.pages).toHaveLength(1);
      }
    });
  }

  it('bear 20,000 nested elements of every kind', { timeout: 60_000 }, async () => {
    for (const tag of ['<div>', '<ul><li>x', '<table><tr><td>', '<b>', '<h1>', '<pre>', '<blockquote><p>']) {
      const parsed = await parseDocument({ ...parserInput(`${tag.repeat(20_000)}inside`), mediaType: 'text/html' });
      expectSoundDocument(parsed);
      expect(parsed.pages[0]?.text, tag).toContain('inside');
    }
    const quotes = await parseDocument({ ...parserInput(`${'>'.repeat(20_000)} inside`), mediaType: 'text/markdown' });
    expectSoundDocument(quotes);
  });

  it('bear cells that claim to span everything', { timeout: 60_000 }, async () => {
    const rows = '<tr><td rowspan=65000 colspan=1000>x<td>y'.repeat(20_000);
    const parsed = await parseDocument({ ...parserInput(`<table>${rows}</table>`), mediaType: 'text/html' });
    expect(parsed.pages[0]?.text.length).toBeLessThan(20_000_000);
  });
});
