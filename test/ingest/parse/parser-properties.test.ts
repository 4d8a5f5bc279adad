import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../ingest/parse/parse-document.js';
import { PARSED_MEDIA_TYPES } from '../../../ingest/parse/parser-registry.js';
import { SUPPORTED_MEDIA_TYPES } from '../../../src/documents/supported-media-types.js';
import { AppError } from '../../../src/domain/errors.js';
import { buildDocx, wordParagraph, wordTable } from '../../support/build-docx.js';
import { buildPdf } from '../../support/build-pdf.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const words = fc.string({ unit: 'binary', maxLength: 60 });
const grapheme = fc.string({ unit: 'grapheme', maxLength: 60 });

/** Pieces that mean something to a format, mixed with anything. */
function mixed(...pieces: string[]): fc.Arbitrary<string> {
  const piece = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...pieces) }, words, grapheme);
  return fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
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
    const isText = mediaType.startsWith('text/');
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
