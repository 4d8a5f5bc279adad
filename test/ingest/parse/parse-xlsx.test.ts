import { describe, expect, it } from 'vitest';
import { parseXlsx } from '../../../ingest/parse/parse-xlsx.js';
import { classifyFormat, formatNumber } from '../../../ingest/parse/xlsx-formats.js';
import { relationshipsPart } from '../../support/build-ooxml.js';
import { buildXlsx, sheetRows, workbookParts } from '../../support/build-xlsx.js';
import { buildZip } from '../../support/build-zip.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

async function pagesOf(bytes: Buffer) {
  const parsed = await parseXlsx(parserInput(bytes));
  expectSoundDocument(parsed);
  return parsed.pages;
}

describe('parseXlsx', () => {
  it('gives a page per sheet with its name and the range of its table', async () => {
    const pages = await pagesOf(
      buildXlsx({
        'Costs & more': sheetRows([
          ['Item', 'Price'],
          ['Pen | blue', 2.5],
          ['Ink', 13],
        ]),
        Empty: '',
      }),
    );
    expect(pages.map(({ number, label, status }) => [number, label, status])).toEqual([
      [1, 'Costs & more', 'text'],
      [2, 'Empty', 'empty'],
    ]);
    const [page] = pages;
    expect(page?.text).toBe(
      'Costs & more\n\nA1:B3\n\n| Item | Price |\n| --- | --- |\n| Pen \\| blue | 2.5 |\n| Ink | 13 |',
    );
    expect(page?.blocks.map(({ kind, level }) => [kind, level])).toEqual([
      ['heading', 1],
      ['heading', 2],
      ['table', undefined],
    ]);
    const table = page?.blocks[2];
    expect(page?.text.slice(table?.start, table?.headerEnd)).toBe('| Item | Price |\n| --- | --- |\n');
  });

  it('reads every kind of cell', async () => {
    const styles =
      '<numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>' +
      '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="10"/></cellXfs>';
    const cells = [
      '<c t="s"><v>0</v></c>',
      '<c t="s"><v>1</v></c>',
      '<c t="b"><v>1</v></c><c t="b"><v>0</v></c>',
      '<c s="1"><v>45000</v></c><c s="2"><v>45000.5</v></c><c s="3"><v>0.257</v></c>',
      '<c><f>A1+B1</f><v>0.30000000000000004</v></c><c t="str"><f>A1</f><v>done</v></c><c t="e"><v>#DIV/0!</v></c>',
      '<c t="d"><v>2024-02-29T00:00:00</v></c><c t="s"><v>99</v></c>',
    ];
    const [page] = await pagesOf(
      buildXlsx(
        { S: `<row>${cells.join('')}</row>` },
        {
          styles,
          sharedStrings: [
            '<t>plain_x000D_</t>',
            '<r><t>rich </t></r><r><t>text</t></r><rPh sb="0" eb="1"><t>ruby</t></rPh>',
          ],
        },
      ),
    );
    expect(page?.text.split('\n')[4]).toBe(
      '| plain | rich text | TRUE | FALSE | 2023-03-15 | 2023-03-15 12:00 | 25.7% | 0.3 | done | #DIV/0! | 2024-02-29 |',
    );
  });

  it('counts days from 1904 where the workbook says so', () => {
    expect(formatNumber('0', 'date', true)).toBe('1904-01-01');
    expect(formatNumber('1', 'date', false)).toBe('1900-01-01');
    expect(formatNumber('61', 'date', false)).toBe('1900-03-01');
    expect(formatNumber('45000.75', 'date', false)).toBe('2023-03-15 18:00');
    expect(formatNumber('0.5', 'time', false)).toBe('12:00');
    expect(formatNumber('1.125', 'elapsed', false)).toBe('27:00:00');
    expect(formatNumber('7', { digits: 5 }, false)).toBe('00007');
    expect(formatNumber('-3', 'date', false)).toBe('-3');
    expect(formatNumber('n/a', 'percent', false)).toBe('n/a');
  });

  it('knows dates, times and percentages by their format codes', () => {
    const kinds: [string, unknown][] = [
      ['General', 'general'],
      ['#,##0.00 "days"', 'general'],
      ['[Red]0.0', 'general'],
      ['[$-409]d\\-mmm\\-yy;@', 'date'],
      ['mmm', 'date'],
      ['dd/mm/yyyy hh:mm', 'date'],
      ['h:mm AM/PM', 'time'],
      ['[h]:mm:ss', 'elapsed'],
      ['0.00%', 'percent'],
      ['00000', { digits: 5 }],
      ['_($* #,##0_)', 'general'],
    ];
    for (const [code, kind] of kinds) expect(classifyFormat(code), code).toEqual(kind);
  });

  it('shows merged cells once, cuts what is empty around a table, and divides tables at empty rows', async () => {
    const row = (number: number, cells: [string, string][]) =>
      `<row r="${number}">${cells.map(([at, text]) => `<c r="${at}${number}" t="str"><v>${text}</v></c>`).join('')}</row>`;
    const sheet =
      `<sheetData>${row(3, [['C', 'Only a title']])}` +
      `${row(5, [
        ['C', 'k'],
        ['E', 'v'],
      ])}${row(6, [
        ['C', 'a'],
        ['E', '1'],
      ])}${row(7, [
        ['C', 'under'],
        ['E', '2'],
      ])}` +
      `${row(9, [
        ['C', '4'],
        ['E', '5'],
      ])}${row(11, [
        ['C', 'x'],
        ['D', 'y'],
      ])}${row(12, [
        ['C', '1'],
        ['D', '2'],
      ])}</sheetData>` +
      '<mergeCells><mergeCell ref="C6:C7"/></mergeCells>';
    const [page] = await pagesOf(buildXlsx({ S: sheet }));
    expect(page?.text).toBe(
      'S\n\nOnly a title\n\nC5:E9\n\n| k | v |\n| --- | --- |\n| a | 1 |\n|  | 2 |\n| 4 | 5 |\n\n' +
        'C11:D12\n\n| x | y |\n| --- | --- |\n| 1 | 2 |',
    );
  });

  it('keeps comments with the address of their cell', async () => {
    const comments =
      '<comments><commentList><comment ref="B2"><text><r><t>Really</t></r><r><t>?</t></r></text></comment></commentList></comments>';
    const more = [
      relationshipsPart('xl/worksheets/1.xml', [
        ['c', 'comments', '../comments1.xml'],
        ['x', 'hyperlink', 'http://attacker.invalid/', 'External'],
      ]),
      { name: 'xl/comments1.xml', data: comments },
    ];
    const [page] = await pagesOf(buildXlsx({ S: sheetRows([['a', 'b']]) }, { more }));
    expect(page?.text.endsWith('Comments:\n\n- B2: Really?')).toBe(true);
  });

  it('lets a missing sheet fail alone, and the whole workbook when there is no other', async () => {
    const parts = workbookParts({ A: sheetRows([['x']]), B: sheetRows([['y']]) });
    const pages = await pagesOf(buildZip(parts.filter(({ name }) => name !== 'xl/worksheets/1.xml')));
    expect(pages.map(({ status }) => status)).toEqual(['failed', 'text']);
    const none = buildZip(parts.filter(({ name }) => !name.startsWith('xl/worksheets/')));
    await expect(parseXlsx(parserInput(none))).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('refuses entities, bombs, passwords and damage, and takes hostile names for what they are: keys', async () => {
    const parts = workbookParts({ S: sheetRows([['x']]) });
    const replace = (name: string, data: string | Buffer) =>
      buildZip(parts.map((part) => (part.name === name ? { ...part, data } : part)));
    const bomb = '<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>';
    const outside = '<!DOCTYPE s SYSTEM "file:///etc/passwd"><worksheet/>';
    const cases: [string, Buffer][] = [
      ['entity_expansion', replace('xl/sharedStrings.xml', bomb)],
      ['entity_expansion', replace('xl/worksheets/1.xml', outside)],
      ['inflated_too_large', replace('xl/worksheets/1.xml', Buffer.alloc(64 * 1024 * 1024, 32))],
      ['password_required', buildZip(parts.map((part) => ({ ...part, flags: 1 })))],
      ['corrupt', replace('xl/worksheets/1.xml', '<worksheet><sheetData><row><c>')],
      ['corrupt', buildZip([{ name: 'xl/other.xml', data: 'x' }])],
      ['no_pages', buildXlsx({})],
      [
        'corrupt',
        buildZip([...parts.slice(0, 1), relationshipsPart('', [['r', 'officeDocument', '../../../etc/passwd']])]),
      ],
    ];
    for (const [code, bytes] of cases) {
      await expect(parseXlsx(parserInput(bytes)), code).rejects.toMatchObject({ code });
    }
    const pages = await pagesOf(buildZip([{ name: '../../evil.xml', data: 'x' }, ...parts]));
    expect(pages[0]?.text).toContain('x');
  });

  it('bears cells at the far end of a sheet, and stops at more text than a document may have', async () => {
    const corner = '<row r="1048576"><c r="XFD1048576" t="str"><v>corner</v></c></row>';
    const wide = Array.from({ length: 16_384 }, (_, index) => `<c t="str"><v>${index}</v></c>`).join('');
    const [page] = await pagesOf(buildXlsx({ S: `<row r="1">${wide}</row>${corner}` }));
    expect(page?.text.slice(0, 20)).toContain('A1:XFD1\n');
    expect(page?.text.endsWith('\n\ncorner')).toBe(true);
    const far = '<row><c r="XFD1" t="str"><v>x</v></c></row>'.repeat(100_000);
    const bytes = buildXlsx({ S: `<row>${wide}</row>${far}` });
    await expect(parseXlsx(parserInput(bytes))).rejects.toMatchObject({ code: 'inflated_too_large' });
    const repeated = buildXlsx(
      { S: '<row><c t="s"><v>0</v></c></row>'.repeat(2000) },
      { sharedStrings: [`<t>${'long '.repeat(20_000)}</t>`] },
    );
    await expect(parseXlsx(parserInput(repeated))).rejects.toMatchObject({ code: 'inflated_too_large' });
  });

  it('reads 100,000 rows in time', { timeout: 60_000 }, async () => {
    const rows = Array.from({ length: 100_000 }, (_, index) => [`name ${index}`, index, index * 1.5, 'same text']);
    const started = performance.now();
    const [page] = await pagesOf(buildXlsx({ S: sheetRows([['a', 'b', 'c', 'd'], ...rows]) }));
    expect(page?.text).toContain('| name 99999 | 99999 | 149998.5 | same text |');
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
