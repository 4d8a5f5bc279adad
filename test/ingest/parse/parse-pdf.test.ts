import { describe, expect, it } from 'vitest';
import { findPdfBlocks } from '../../../ingest/parse/find-pdf-blocks.js';
import { countPages, hasText } from '../../../ingest/parse/parse-document.js';
import { parsePdf } from '../../../ingest/parse/parse-pdf.js';
import { buildPdf } from '../../support/build-pdf.js';
import { parserInput } from '../../support/parser-input.js';

describe('parsePdf', () => {
  it('gives text page by page, with labels, title and progress', async () => {
    const lines = Array.from({ length: 18 }, (_, index) => [`This is page ${index + 1}.`]);
    const labels = '0 << /S /r >> 2 << /S /D /St 1 >>';
    const progress: string[] = [];
    const input = parserInput(buildPdf(lines, { title: 'Yearly report', pageLabels: labels }));
    const parsed = await parsePdf({ ...input, reportProgress: (done, total) => progress.push(`${done}/${total}`) });
    expect(parsed).toMatchObject({ title: 'Yearly report', paged: true });
    expect(parsed.pages.map((page) => page.text)).toEqual(lines.flat());
    expect(parsed.pages.slice(0, 4).map((page) => page.label)).toEqual(['i', 'ii', '1', '2']);
    expect(progress).toEqual(['8/18', '16/18', '18/18']);
  });

  it('reports pages without text as empty, with a reason, and keeps the numbers of the others', async () => {
    const parsed = await parsePdf(parserInput(buildPdf([['First'], [], ['Third']])));
    expect(countPages(parsed)).toEqual({ total: 3, text: 2, ocr: 0, empty: 1, failed: 0 });
    expect(parsed.pages[1]).toMatchObject({ number: 2, label: null, text: '', blocks: [] });
    expect(parsed.pages[1]?.reason).toContain('no text');
    expect(hasText(parsed)).toBe(true);
    expect(hasText(await parsePdf(parserInput(buildPdf([[], []]))))).toBe(false);
  });

  it('refuses a file without pages, a damaged one and one with too much text', async () => {
    await expect(parsePdf(parserInput(buildPdf([])))).rejects.toMatchObject({ code: 'no_pages' });
    await expect(parsePdf(parserInput('%PDF-1.4\nnothing of use'))).rejects.toMatchObject({ code: 'corrupt' });
    const input = parserInput(buildPdf([['More than ten characters']]), { maxCharacters: 10 });
    await expect(parsePdf(input)).rejects.toMatchObject({ code: 'inflated_too_large' });
  });

  it('repairs a file whose cross-reference table is lost', async () => {
    const pdf = buildPdf([['Saved text']])
      .toString('latin1')
      .replace(/xref[\s\S]*trailer/, 'trailer');
    const parsed = await parsePdf(parserInput(Buffer.from(pdf, 'latin1')));
    expect(parsed.pages[0]?.text).toBe('Saved text');
  });
});

describe('findPdfBlocks', () => {
  it('divides paragraphs after short last lines and finds numbered headings', () => {
    const text = [
      'This is the first paragraph of the page, and it goes on to a',
      'second line that is short.',
      'Another paragraph begins here and has a full line of its own',
      'and ends.',
      '2.1 Results',
      'We measured what there was to measure and found out that it is',
      'as expected.',
    ].join('\n');
    expect(findPdfBlocks(text).map((block) => [block.kind, block.level, text.slice(block.start, block.end)])).toEqual([
      ['paragraph', undefined, text.split('\n').slice(0, 2).join('\n')],
      ['paragraph', undefined, text.split('\n').slice(2, 4).join('\n')],
      ['heading', 2, '2.1 Results'],
      ['paragraph', undefined, text.split('\n').slice(5).join('\n')],
    ]);
  });

  it('keeps rows of numbers together and takes no list or contents line for a heading', () => {
    const text = [
      'Net sales\t100\t90',
      'Costs\t50\t40',
      'Profit\t50\t—',
      'Thanks.',
      '1 Introduction 5',
      '2 Methods 9',
    ].join('\n');
    expect(findPdfBlocks(text).map((block) => block.kind)).toEqual(['table', 'paragraph', 'paragraph']);
    const list = 'We need the following things for the work:\n1. Apples\n2. Pears\n• Plums';
    expect(findPdfBlocks(list).map((block) => block.kind)).toEqual([
      'paragraph',
      'paragraph',
      'paragraph',
      'paragraph',
    ]);
  });
});
