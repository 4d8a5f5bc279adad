import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkDocument } from '../../../ingest/chunk/chunk-document.js';
import type { Block, ParsedPage } from '../../../src/domain/parsed-document.js';
import { countTokens } from '../../../src/domain/text/count-tokens.js';

const LIMITS = { maxTokens: 100, maxPassages: 100_000 };

function pageOf(text: string, blocks: Block[] = [], number = 1): ParsedPage {
  return { number, label: null, status: 'text', reason: null, text, blocks };
}

/** A page made of the given pieces, one block each, a blank line between them. */
function pageOfBlocks(pieces: { kind: Block['kind']; text: string; level?: number; headerEnd?: number }[], number = 1) {
  const blocks: Block[] = [];
  let text = '';
  for (const { kind, text: part, level, headerEnd } of pieces) {
    const start = text.length;
    text += part;
    blocks.push({
      kind,
      start,
      end: text.length,
      ...(level === undefined ? {} : { level }),
      ...(headerEnd === undefined ? {} : { headerEnd: start + headerEnd }),
    });
    text += '\n\n';
  }
  return pageOf(text, blocks, number);
}

function chunk(pages: ParsedPage[], limits = LIMITS) {
  return chunkDocument({ pages, paged: true }, limits);
}

const prose = (words: number, word = 'word') => `${Array.from({ length: words }, (_, i) => `${word}${i}`).join(' ')}.`;

describe('chunkDocument', () => {
  it('carries the heading path across pages and ends it at a heading of the same level', () => {
    const chunks = chunk([
      pageOfBlocks([
        { kind: 'heading', text: '# Handbook', level: 1 },
        { kind: 'heading', text: '## Leave ##', level: 2 },
        { kind: 'paragraph', text: prose(30) },
      ]),
      pageOfBlocks([{ kind: 'paragraph', text: prose(30) }], 2),
      pageOfBlocks(
        [
          { kind: 'heading', text: '## Travel', level: 2 },
          { kind: 'paragraph', text: prose(30) },
        ],
        3,
      ),
    ]);
    expect(chunks.map(({ page, heading }) => [page, heading])).toEqual([
      [1, ['Handbook', 'Leave']],
      [2, ['Handbook', 'Leave']],
      [3, ['Handbook', 'Travel']],
    ]);
    expect(chunks[0]?.text.startsWith('# Handbook')).toBe(true);
  });

  it('keeps sections apart unless one is tiny', () => {
    const section = (name: string, words: number) => [
      { kind: 'heading' as const, text: name, level: 1 },
      { kind: 'paragraph' as const, text: prose(words) },
    ];
    expect(chunk([pageOfBlocks([...section('A', 20), ...section('B', 20)])])).toHaveLength(2);
    expect(chunk([pageOfBlocks([...section('A', 20), ...section('B', 1)])])).toHaveLength(1);
  });

  it('balances what does not fit into one passage', () => {
    const text = Array.from(
      { length: 12 },
      (_, index) => `Sentence ${index} says ten small words and then it ends.`,
    ).join(' ');
    const sizes = chunk([pageOf(text)]).map((part) => countTokens(part.text));
    expect(sizes.length).toBe(2);
    expect(Math.abs((sizes[0] as number) - (sizes[1] as number))).toBeLessThan(30);
  });

  it('gives later parts of a table its header row as context, and never mixes two tables', () => {
    const header = '| Product | Price |\n| --- | --- |\n';
    const rows = Array.from({ length: 60 }, (_, index) => `| thing ${index} | ${index} euro |`).join('\n');
    const table = { kind: 'table' as const, text: header + rows, headerEnd: header.length };
    const chunks = chunk([pageOfBlocks([table, { ...table, text: `${header}| last | 9 euro |` }])]);
    expect(chunks[0]?.context).toBe('');
    for (const part of chunks.slice(1, -1)) expect(part.context).toBe('| Product | Price | | --- | --- |');
    expect(chunks.at(-1)?.text).toBe(`${header}| last | 9 euro |`);
    expect(chunks.every(({ text }) => text.startsWith('|') && text.endsWith('|'))).toBe(true);
  });

  it('does not leave a heading at the end of a passage', () => {
    const chunks = chunk([
      pageOfBlocks([
        { kind: 'paragraph', text: prose(28) },
        { kind: 'heading', text: 'Next', level: 2 },
        { kind: 'paragraph', text: prose(28) },
      ]),
    ]);
    for (const { text } of chunks) expect(text.endsWith('Next')).toBe(false);
  });

  it('refuses a document with too many passages', () => {
    const pages = Array.from({ length: 5 }, (_, index) => pageOf(prose(20), [], index + 1));
    expect(() => chunk(pages, { maxTokens: 100, maxPassages: 4 })).toThrowError(
      expect.objectContaining({ code: 'too_many_passages' }),
    );
  });

  it('gives exact, ordered, non-blank slices that hold every visible character, whatever the blocks are', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'A word. ',
        'x',
        '\n',
        '\n\n',
        '| a | b |\n',
        '# T\n',
        '😀',
        '👩‍👩‍👧',
        'é',
        '漢字かな',
        '   ',
        '\u{20000}',
        'ก็',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.lorem({ maxCount: 30 }),
    );
    const page = fc
      .tuple(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        fc.array(fc.nat(4), { maxLength: 12 }),
      )
      .map(([pieces, cuts, kinds]) => {
        const text = pieces.join('');
        const edges = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].sort((a, b) => a - b);
        const names: Block['kind'][] = ['heading', 'paragraph', 'list', 'table', 'code'];
        const blocks = edges.slice(1).map((end, index): Block => {
          const kind = names[kinds[index] ?? 1] as Block['kind'];
          return {
            kind,
            start: edges[index] as number,
            end,
            ...(kind === 'heading' ? { level: 1 + (index % 6) } : {}),
          };
        });
        return pageOf(text, blocks);
      });
    fc.assert(
      fc.property(fc.array(page, { maxLength: 3 }), fc.integer({ min: 5, max: 60 }), (pages, maxTokens) => {
        const numbered = pages.map((each, index) => ({ ...each, number: index + 1 }));
        const chunks = chunk(numbered, { maxTokens, maxPassages: 100_000 });
        expect(chunks.map(({ ordinal }) => ordinal)).toEqual(chunks.map((_, index) => index));
        for (const { number, text } of numbered) {
          let position = 0;
          let left = '';
          for (const part of chunks.filter((each) => each.page === number)) {
            expect(part.start).toBeGreaterThanOrEqual(position);
            expect(part.text).toBe(text.slice(part.start, part.end));
            expect(part.text.trim()).toBe(part.text);
            expect(part.text).not.toBe('');
            left += text.slice(position, part.start);
            position = part.end;
          }
          expect((left + text.slice(position)).trim()).toBe('');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never cuts inside a surrogate pair or behind a base letter that carries marks', () => {
    const text = 'e\u0301😀\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'.repeat(500);
    for (const part of chunk([pageOf(text)], { maxTokens: 20, maxPassages: 100_000 })) {
      expect(part.text).not.toMatch(/^(?:[\udc00-\udfff]|\p{M}|\u200d)/u);
      expect(part.text).not.toMatch(/[\ud800-\udbff]$|\u200d$/u);
    }
  });

  it('keeps to the token limit', () => {
    const texts = [
      '漢字仮名'.repeat(2000),
      prose(3000),
      'x'.repeat(20_000),
      `${'ab '.repeat(5000)}`,
      '😀'.repeat(3000),
    ];
    for (const text of texts) {
      for (const part of chunk([pageOf(text)])) expect(countTokens(part.text)).toBeLessThanOrEqual(105);
    }
  });

  it('takes linear time on one line of 3 MB, on a page of headings and on a page of tiny lines', () => {
    const headings = '# a\n'.repeat(100_000);
    const blocks = Array.from(
      { length: 100_000 },
      (_, i): Block => ({ kind: 'heading', start: i * 4, end: i * 4 + 3, level: 1 }),
    );
    const pages = [
      pageOf('a'.repeat(3_000_000)),
      pageOf('some words, '.repeat(250_000)),
      pageOf(headings, blocks),
      pageOf('a\n'.repeat(500_000)),
    ];
    for (const page of pages) {
      const started = performance.now();
      chunk([page], { maxTokens: 400, maxPassages: 1_000_000 });
      expect(performance.now() - started).toBeLessThan(15_000);
    }
  }, 60_000);
});
