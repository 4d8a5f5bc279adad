import { describe, expect, it } from 'vitest';
import { parseOdp } from '../../../ingest/parse/parse-odp.js';
import { parseOds } from '../../../ingest/parse/parse-ods.js';
import { parseOdt } from '../../../ingest/parse/parse-odt.js';
import type { Parser } from '../../../ingest/parse/parser.js';
import { buildOdf, odsSheet } from '../../support/build-odf.js';
import { buildZip } from '../../support/build-zip.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

async function read(parser: Parser, bytes: Buffer) {
  const parsed = await parser(parserInput(bytes));
  expectSoundDocument(parsed);
  return parsed;
}

describe('parseOdt', () => {
  it('gives headings, paragraphs, lists and tables', async () => {
    const styles =
      '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1"/></text:list-style>' +
      '<style:style style:name="P1" style:parent-style-name="Title"/>' +
      '<style:style style:name="T1"><style:text-properties style:text-position="super 58%"/></style:style>';
    const item = (text: string) => `<text:list-item><text:p>${text}</text:p></text:list-item>`;
    const cell = (text: string, more = '') => `<table:table-cell ${more}><text:p>${text}</text:p></table:table-cell>`;
    const content =
      '<text:p text:style-name="P1">Report</text:p><text:h text:outline-level="2">Part<text:s/>one</text:h>' +
      '<text:p>10<text:span text:style-name="T1">2</text:span> and<text:line-break/>more &amp; <text:tab/>more</text:p>' +
      `<text:list text:style-name="L1">${item('a')}<text:list-item><text:p>b</text:p><text:list>${item('b1')}</text:list></text:list-item></text:list>` +
      `<table:table><table:table-header-rows><table:table-row>${cell('k')}${cell('v', 'table:number-columns-spanned="2"')}<table:covered-table-cell/></table:table-row></table:table-header-rows>` +
      `<table:table-row>${cell('x', 'table:number-rows-spanned="2"')}${cell('1 | 2')}${cell('3')}</table:table-row>` +
      `<table:table-row><table:covered-table-cell/>${cell('4')}${cell('5')}</table:table-row></table:table>`;
    const parsed = await read(parseOdt, buildOdf('text', content, { styles }));
    expect(parsed.title).toBe('Report');
    expect(parsed.paged).toBe(false);
    expect(parsed.pages[0]?.text).toBe(
      'Report\n\nPart one\n\n10^2 and\nmore & more\n\n1. a\n2. b\n  - b1\n\n' +
        '| k | v |  |\n| --- | --- | --- |\n| x | 1 \\| 2 | 3 |\n| x | 4 | 5 |',
    );
  });

  it('keeps footnotes and comments at the end, and leaves deleted text out', async () => {
    const note =
      '<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>In euros.</text:p></text:note-body></text:note>';
    const content =
      '<text:tracked-changes><text:deletion><text:p>deleted words</text:p></text:deletion></text:tracked-changes>' +
      `<text:p>Sales rose${note} again<office:annotation><dc:creator>Ann</dc:creator><text:p>Really?</text:p></office:annotation>.</text:p>`;
    const parsed = await read(parseOdt, buildOdf('text', content, { title: 'Given &amp; meant' }));
    expect(parsed.title).toBe('Given & meant');
    expect(parsed.pages[0]?.text).toBe('Sales rose[1] again.\n\nNotes:\n\n[1] In euros.\n\nComments:\n\n- Really?');
  });
});

describe('parseOds', () => {
  it('gives a page per sheet, with shown values, comments, and merged cells once', async () => {
    const cells =
      '<table:table-row><table:table-cell office:value="0.5"><text:p>50 %</text:p><office:annotation><text:p>half</text:p></office:annotation></table:table-cell>' +
      '<table:table-cell office:value="7"/><table:covered-table-cell><text:p>covered</text:p></table:covered-table-cell></table:table-row>';
    const content = odsSheet('One', [['a', 'b &lt; c']]).replace('</table:table>', `${cells}</table:table>`);
    const parsed = await read(parseOds, buildOdf('spreadsheet', content + odsSheet('Two', [['']])));
    expect(parsed.pages.map(({ label, status }) => [label, status])).toEqual([
      ['One', 'text'],
      ['Two', 'empty'],
    ]);
    expect(parsed.pages[0]?.text).toBe(
      'One\n\nA1:B2\n\n| a | b < c |\n| --- | --- |\n| 50 % | 7 |\n\nComments:\n\n- A2: half',
    );
  });

  it('bears cells and rows that are repeated to the end of the sheet', async () => {
    const repeated =
      '<table:table-row table:number-rows-repeated="100000"><table:table-cell table:number-columns-repeated="100000"/></table:table-row>' +
      '<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell></table:table-row>' +
      '<table:table-row table:number-rows-repeated="999999999"><table:table-cell table:number-columns-repeated="999999999"/></table:table-row>';
    const content = `<table:table table:name="S">${repeated}</table:table>`;
    const parsed = await read(parseOds, buildOdf('spreadsheet', content));
    expect(parsed.pages[0]?.text).toBe('S\n\nA100001:B100003\n\n| x | x |\n| --- | --- |\n| x | x |\n| x | x |');
    const full = content
      .replace('number-rows-repeated="3"', 'number-rows-repeated="100000"')
      .replace('"2"', '"100000"');
    const started = performance.now();
    await expect(parseOds(parserInput(buildOdf('spreadsheet', full)))).rejects.toMatchObject({
      code: 'inflated_too_large',
    });
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('parseOdp', () => {
  it('gives a page per slide with title, points, table and notes', async () => {
    const box = (inside: string, more = '') =>
      `<draw:frame ${more}><draw:text-box>${inside}</draw:text-box></draw:frame>`;
    const list = (text: string) => `<text:list><text:list-item><text:p>${text}</text:p></text:list-item></text:list>`;
    const slide =
      box('<text:p>Plan</text:p>', 'presentation:class="title"') +
      box(list('one') + list('two'), 'presentation:class="outline"') +
      box('<text:p>7</text:p>', 'presentation:class="page-number"') +
      '<draw:frame><table:table><table:table-row><table:table-cell><text:p>k</text:p></table:table-cell></table:table-row></table:table></draw:frame>' +
      `<presentation:notes>${box('<text:p>Say hello.</text:p>', 'presentation:class="notes"')}</presentation:notes>`;
    const parsed = await read(parseOdp, buildOdf('presentation', `<draw:page>${slide}</draw:page><draw:page/>`));
    expect(parsed.title).toBe('Plan');
    expect(parsed.pages.map(({ number, status, text }) => [number, status, text])).toEqual([
      [1, 'text', 'Plan\n\n- one\n- two\n\n| k |\n| --- |\n\nNotes: Say hello.'],
      [2, 'empty', ''],
    ]);
  });
});

describe('every OpenDocument parser', () => {
  it('refuses encryption, entities, bombs and damage', async () => {
    const manifest = '<manifest:file-entry><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry>';
    const prolog = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>';
    const more = [{ name: 'styles.xml', data: Buffer.alloc(64 * 1024 * 1024, 32) }];
    for (const parser of [parseOdt, parseOds, parseOdp]) {
      const cases: [string, Buffer][] = [
        ['password_required', buildOdf('text', '', { manifest })],
        ['entity_expansion', buildOdf('text', '', { prolog })],
        ['inflated_too_large', buildOdf('text', '', { more })],
        ['parse_failed', buildOdf('text', '<text:list>'.repeat(100_000) + '</text:list>'.repeat(100_000))],
        ['corrupt', buildZip([{ name: '../content.xml', data: '<x/>' }])],
        ['corrupt', buildZip([{ name: 'content.xml', data: 'no xml' }])],
      ];
      for (const [code, bytes] of cases) {
        await expect(parser(parserInput(bytes)), code).rejects.toMatchObject({ code });
      }
    }
  });
});
