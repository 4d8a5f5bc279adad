import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOdp } from '../../../ingest/parse/parse-odp.js';
import { parseOds } from '../../../ingest/parse/parse-ods.js';
import { parseOdt } from '../../../ingest/parse/parse-odt.js';
import { parsePptx } from '../../../ingest/parse/parse-pptx.js';
import { parseXlsx } from '../../../ingest/parse/parse-xlsx.js';
import type { Parser } from '../../../ingest/parse/parser.js';
import { AppError } from '../../../src/domain/errors.js';
import { odfParts, odsSheet } from '../../support/build-odf.js';
import { presentationParts, slideShape, slideTable } from '../../support/build-pptx.js';
import { sheetRows, workbookParts } from '../../support/build-xlsx.js';
import { buildZip, type ZipPart } from '../../support/build-zip.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

const ROWS = [
  ['k', 'v'],
  ['a', '7'],
];
const TEXT =
  '<text:h text:outline-level="2">T</text:h><text:list><text:list-item><text:p>a<text:s/>b</text:p></text:list-item></text:list>' +
  '<table:table><table:table-row table:number-rows-repeated="2"><table:table-cell table:number-rows-spanned="2"><text:p>c</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table>';

const PACKAGES: Record<string, { parser: Parser; parts: ZipPart[] }> = {
  xlsx: {
    parser: parseXlsx,
    parts: workbookParts(
      {
        S: '<sheetData><row r="2"><c r="B2" t="s" s="1"><v>0</v></c><c s="1"><v>45000</v></c></row></sheetData><mergeCells><mergeCell ref="A1:C3"/></mergeCells>',
        T: sheetRows(ROWS),
      },
      { sharedStrings: ['<t>x</t>'], styles: '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>' },
    ),
  },
  pptx: {
    parser: parsePptx,
    parts: presentationParts([
      { shapes: slideShape(['T'], 'title') + slideShape(['a', 'b'], '') + slideTable(ROWS), notes: 'n' },
    ]),
  },
  odt: { parser: parseOdt, parts: odfParts('text', TEXT) },
  ods: { parser: parseOds, parts: odfParts('spreadsheet', odsSheet('S', ROWS) + TEXT) },
  odp: { parser: parseOdp, parts: odfParts('presentation', `<draw:page>${TEXT}</draw:page><draw:page/>`) },
};

const PIECES = [
  '<',
  '>',
  '/',
  '"',
  '&#0;',
  '&#xD800;',
  '&amp;',
  '<!-- -->',
  '<![CDATA[ x ]]>',
  '999999999',
  '-1',
  ' ',
  '\u0000',
];

/** A change of a text: something cut out, something put in, something doubled. */
const change = fc.record({
  part: fc.nat(),
  at: fc.nat(),
  cut: fc.oneof(fc.constant(0), fc.nat(40)),
  put: fc.oneof(fc.constantFrom('', ...PIECES), fc.string({ unit: 'binary', maxLength: 5 })),
  copied: fc.oneof(fc.constant(0), fc.nat(60)),
});

function applyChange(
  parts: ZipPart[],
  { part, at, cut, put, copied }: typeof change extends fc.Arbitrary<infer T> ? T : never,
) {
  return parts.map((one, index) => {
    if (index !== part % parts.length) return one;
    const text = String(one.data);
    const place = at % (text.length + 1);
    return { ...one, data: text.slice(0, place) + put + text.slice(place, place + copied) + text.slice(place + cut) };
  });
}

describe('a part of an office file that is changed anywhere', () => {
  for (const [format, { parser, parts }] of Object.entries(PACKAGES)) {
    it(`gives clean text and ordered blocks, or a refusal with a code: ${format}`, { timeout: 60_000 }, async () => {
      let read = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          const bytes = buildZip(changes.reduce(applyChange, parts));
          try {
            expectSoundDocument(await parser(parserInput(bytes)));
            read++;
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
          }
        }),
        { numRuns: 500 },
      );
      expect(read).toBeGreaterThan(50);
    });
  }
});
