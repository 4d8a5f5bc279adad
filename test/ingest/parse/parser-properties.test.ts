import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../ingest/parse/parse-document.js';
import { PARSED_MEDIA_TYPES } from '../../../ingest/parse/parser-registry.js';
import { SUPPORTED_MEDIA_TYPES } from '../../../src/documents/supported-media-types.js';
import { AppError } from '../../../src/domain/errors.js';
import { buildDocx, escapeXml, wordParagraph, wordTable } from '../../support/build-docx.js';
import { buildOdf, odsSheet } from '../../support/build-odf.js';
import { buildPdf } from '../../support/build-pdf.js';
import { buildPptx, slideShape, slideTable } from '../../support/build-pptx.js';
import { buildXlsx, sheetRows } from '../../support/build-xlsx.js';
import { buildZip } from '../../support/build-zip.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const PPTX = 'application/vnd.openxmlformats-officedocument.presentationml.presentation';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const OPEN_DOCUMENT = 'application/vnd.oasis.opendocument';
const words = fc.string({ unit: 'binary', maxLength: 60 });
const grapheme = fc.string({ unit: 'grapheme', maxLength: 60 });

/** Pieces that mean something to a format, mixed with anything. */
function mixed(...pieces: string[]): fc.Arbitrary<string> {
  const piece = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...pieces) }, words, grapheme);
  return fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
}

function cells(): fc.Arbitrary<string[][]> {
  const cell = fc.oneof(grapheme, fc.constantFrom('', '7', ' ', '|', '&#0;', '_x0000_', '_xD800_'));
  return fc.array(fc.array(cell, { maxLength: 4 }), { maxLength: 5 });
}

function attribute(text: string): string {
  return escapeXml(text).replace(/"/g, '&quot;');
}

/** Open and close tags of OpenDocument, in any order, and references to characters that may not be stored. */
function openDocumentPiece(): fc.Arbitrary<string> {
  const names = [
    ...['text:p', 'text:h', 'text:list', 'text:list-item', 'text:span', 'text:note', 'text:note-body', 'draw:frame'],
    ...['table:table', 'table:table-row', 'table:table-cell', 'table:covered-table-cell', 'office:annotation'],
    ...['presentation:notes', 'draw:text-box'],
  ];
  const tags = names.flatMap((name) => [`<${name}>`, `</${name}>`]);
  return fc.constantFrom(...tags, '<text:line-break/>', '<text:s/>', '&#0;', '&#xD800;', '&#xFFFF;', '\n', ' ');
}

const TAGS = [
  'p',
  'h1',
  'h7',
  'div',
  'ul',
  'ol',
  'li',
  'table',
  'tr',
  'td',
  'th',
  'pre',
  'nav',
  'sup',
  'script',
  'title',
];

const RTF_WORDS = [
  ...[
    '{',
    '}',
    '\\par ',
    '\\pard ',
    '\\cell ',
    '\\row ',
    '\\intbl ',
    '\\u8217 ?',
    '\\u-10179\\u-8704 ',
    '\\uc0 ',
    "\\'e4",
  ],
  ...[
    '{\\*\\x ',
    '{\\footnote ',
    '{\\shp{\\*\\shpinst{\\shptxt ',
    '}}}',
    '{\\listtext 1.}',
    '\\outlinelevel0 ',
    '\\bin3 ',
  ],
  ...[
    '{\\info{\\title ',
    '{\\fonttbl{\\f0\\fcharset128 a;}}\\f0 ',
    '\\v ',
    '\\v0 ',
    '\\tab ',
    '\\line ',
    '\n',
    '\\\n',
    "\\'",
  ],
];

const MAIL_LINES = [
  ...[
    'From: a <a@b.c>\n',
    'Subject: =?utf-8?B?w6TDtg==?=\n',
    'Date: Fri, 1 Jan 2021 00:00:00 +0000\n',
    '\n',
    '--b\n',
    '--b--\n',
  ],
  ...['Content-Type: multipart/mixed; boundary=b\n', 'Content-Type: message/rfc822\n', 'Content-Type: text/html\n'],
  ...[
    'Content-Transfer-Encoding: base64\n',
    'Content-Transfer-Encoding: quoted-printable\n',
    '=C3=\n',
    'w6Q=\n',
    '<p>x</p>\n',
  ],
  ...[
    'Content-Type: text/plain; charset=shift_jis\n',
    'Content-Disposition: attachment; filename="a.txt"\n',
    ' folded\n',
  ],
];

const XML_PIECES = [
  ...[
    '<a>',
    '</a>',
    '<b x="1">',
    '</b>',
    '<c/>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '&amp;',
    '&#0;',
    '&#xD800;',
    ' ',
    'text',
    'x'.repeat(150),
  ],
];

/** A book with these chapters, each named in a table of contents. */
function buildEpub(chapters: readonly string[]): Buffer {
  const ids = chapters.map((_chapter, index) => index);
  const items = ids.map((id) => `<item id="c${id}" href="c%20${id}.xhtml" media-type="application/xhtml+xml"/>`);
  const order = ids.map((id) => `<itemref idref="c${id}"/>`);
  return buildZip([
    { name: 'mimetype', data: 'application/epub+zip', isStored: true },
    {
      name: 'META-INF/container.xml',
      data: '<container><rootfiles><rootfile full-path="o/p.opf"/></rootfiles></container>',
    },
    {
      name: 'o/p.opf',
      data: `<package><metadata/><manifest>${items.join('')}</manifest><spine>${order.join('')}</spine></package>`,
    },
    ...chapters.map((data, index) => ({ name: `o/c ${index}.xhtml`, data })),
  ]);
}

const DOCUMENTS: Record<string, fc.Arbitrary<string | Uint8Array>> = {
  'text/plain': mixed('\n', '\n\n', '\r\n', ' ', '\t', '\u2028', '\0'),
  'text/markdown': mixed(
    '\n',
    '\n\n',
    '# ',
    '## ',
    '- ',
    '1. ',
    '```',
    '|',
    '---',
    '|---|',
    '===\n',
    '> ',
    '    ',
    '~~~',
  ),
  'text/csv': mixed(',', ';', '\t', '|', '"', '\n', '\r\n', '""', 'a,b\n', 'sep=;\n', ' '),
  'text/tab-separated-values': mixed('\t', '"', '\n', '\r\n', '""', 'a\tb\n', ' '),
  'application/rtf': mixed(...RTF_WORDS).map((body) => `{\\rtf1\\ansi ${body}}`),
  'message/rfc822': mixed(...MAIL_LINES).map((rest) => `From: x@y.z\n${rest}`),
  'application/json': fc.oneof(
    fc.jsonValue().map((value) => JSON.stringify(value, null, 1)),
    fc.array(fc.json(), { maxLength: 5 }).map((lines) => lines.join('\n')),
    mixed('{', '}', '[', ']', ',', ':', '"a"', '"\\u0000"', '"\\ud800"', '1e400', 'true', '\n', ' '),
  ),
  'application/xml': fc.oneof(
    mixed(...XML_PIECES).map((body) => `<r>${body}</r>`),
    fc.array(grapheme.map((text) => `<a>${text.replace(/[<&]/g, '')}</a>`)).map((parts) => `<r>${parts.join('')}</r>`),
  ),
  'application/epub+zip': fc
    .array(mixed('<p>', '</p>', '<h1>', '</h1>', '<title/>', '<a id="x"/>', '&nbsp;', '<ul><li>', '\n'), {
      maxLength: 4,
    })
    .map(buildEpub),
  'text/html': mixed(
    ...TAGS.flatMap((tag) => [`<${tag}>`, `</${tag}>`]),
    ...['<br>', '<td rowspan=3 colspan=2>', '<!--', '-->', '&#0;', '&#xD800;', '&nbsp;', '<li value=', '\n', ' '],
  ),
  [DOCX]: fc
    .array(
      fc.oneof(
        grapheme.map(wordParagraph),
        fc.array(fc.array(grapheme, { maxLength: 3 }), { maxLength: 3 }).map(wordTable),
      ),
      { maxLength: 8 },
    )
    .map((parts) => buildDocx(parts.join(''))),
  [PPTX]: fc
    .array(fc.tuple(fc.array(grapheme, { maxLength: 4 }), fc.constantFrom('title', '', 'body', undefined), cells()), {
      minLength: 1,
      maxLength: 4,
    })
    .map((slides) =>
      buildPptx(
        slides.map(([lines, kind, rows]) => ({
          shapes: slideShape(lines, kind) + slideTable(rows),
          notes: lines.join(' '),
        })),
      ),
    ),
  [XLSX]: fc
    .array(fc.tuple(grapheme, cells()), { minLength: 1, maxLength: 3 })
    .map((sheets) => buildXlsx(Object.fromEntries(sheets.map(([name, rows]) => [name, sheetRows(rows)])))),
  [`${OPEN_DOCUMENT}.text`]: fc
    .array(fc.oneof(openDocumentPiece(), words.map(escapeXml)), { maxLength: 30 })
    .map((parts) => buildOdf('text', parts.join(''))),
  [`${OPEN_DOCUMENT}.spreadsheet`]: fc
    .array(fc.tuple(grapheme, cells()), { minLength: 1, maxLength: 3 })
    .map((sheets) =>
      buildOdf(
        'spreadsheet',
        sheets
          .map(([name, rows]) =>
            odsSheet(
              attribute(name),
              rows.map((row) => row.map(escapeXml)),
            ),
          )
          .join(''),
      ),
    ),
  [`${OPEN_DOCUMENT}.presentation`]: fc
    .array(fc.array(fc.oneof(openDocumentPiece(), grapheme.map(escapeXml)), { maxLength: 20 }), { maxLength: 3 })
    .map((slides) =>
      buildOdf('presentation', slides.map((parts) => `<draw:page>${parts.join('')}</draw:page>`).join('')),
    ),
  'application/pdf': fc
    .array(
      fc.array(fc.oneof(fc.string({ maxLength: 50 }), fc.constantFrom('1 Introduction', 'a\t1\t2', '')), {
        maxLength: 12,
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((pages) => buildPdf(pages)),
};

/** Parses; a refusal with a code is right, too. */
async function expectSoundOrRefused(mediaType: string, content: string | Uint8Array): Promise<void> {
  try {
    expectSoundDocument(await parseDocument({ ...parserInput(content), mediaType }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect([
      'corrupt',
      'no_pages',
      'document_empty',
      'entity_expansion',
      'parse_failed',
      'password_required',
      'inflated_too_large',
    ]).toContain(error.code);
  }
}

describe('every parser', () => {
  it('is there for every media type that the upload accepts', () => {
    expect([...PARSED_MEDIA_TYPES].sort()).toEqual(Object.keys(SUPPORTED_MEDIA_TYPES).sort());
    expect(PARSED_MEDIA_TYPES.filter((mediaType) => DOCUMENTS[mediaType] === undefined)).toEqual([]);
  });

  for (const [mediaType, documents] of Object.entries(DOCUMENTS)) {
    const isText = /^text\/|json|\/xml|rtf|rfc822/.test(mediaType);
    it(`gives clean text and ordered blocks inside it, for any content: ${mediaType}`, {
      timeout: 100_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(documents, (content) => expectSoundOrRefused(mediaType, content)),
        { numRuns: isText ? 600 : 40 },
      );
    });

    it(`does so for any bytes, and for a document with any byte changed: ${mediaType}`, {
      timeout: 100_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => expectSoundOrRefused(mediaType, bytes)),
        { numRuns: isText ? 300 : 30 },
      );
      const change = fc.tuple(documents, fc.nat(), fc.integer({ min: 0, max: 255 }));
      await fc.assert(
        fc.asyncProperty(change, ([content, position, value]) => {
          const bytes = Uint8Array.from(typeof content === 'string' ? Buffer.from(content) : content);
          if (bytes.length > 0) bytes[position % bytes.length] = value;
          return expectSoundOrRefused(mediaType, bytes);
        }),
        { numRuns: isText ? 200 : 60 },
      );
    });
  }

  it('refuses an empty file and an unknown media type', async () => {
    await expect(parseDocument({ ...parserInput(''), mediaType: 'text/plain' })).rejects.toMatchObject({
      code: 'document_empty',
    });
    await expect(parseDocument({ ...parserInput('x'), mediaType: 'toString' })).rejects.toMatchObject({
      code: 'unsupported_media_type',
    });
  });
});
