/**
 * Media type -> parser. A new format is one file and one line here (and its media type in the upload's list).
 * Parsers are loaded when first needed, so that a thread which reads Markdown does not load the PDF library.
 */
import { AppError } from '../../src/domain/errors.js';
import type { Parser } from './parser.js';

const LOADERS: Record<string, () => Promise<Parser>> = {
  'application/pdf': async () => (await import('./parse-pdf.js')).parsePdf,
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': async () =>
    (await import('./parse-docx.js')).parseDocx,
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': async () =>
    (await import('./parse-pptx.js')).parsePptx,
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': async () =>
    (await import('./parse-xlsx.js')).parseXlsx,
  'application/vnd.oasis.opendocument.text': async () => (await import('./parse-odt.js')).parseOdt,
  'application/vnd.oasis.opendocument.spreadsheet': async () => (await import('./parse-ods.js')).parseOds,
  'application/vnd.oasis.opendocument.presentation': async () => (await import('./parse-odp.js')).parseOdp,
  'application/rtf': async () => (await import('./parse-rtf.js')).parseRtf,
  'application/epub+zip': async () => (await import('./parse-epub.js')).parseEpub,
  'message/rfc822': async () => (await import('./parse-eml.js')).parseEml,
  'application/json': async () => (await import('./parse-json.js')).parseJson,
  'application/xml': async () => (await import('./parse-xml.js')).parseXml,
  'text/html': async () => (await import('./parse-html.js')).parseHtml,
  'text/markdown': async () => (await import('./parse-markdown.js')).parseMarkdown,
  'text/csv': async () => (await import('./parse-csv.js')).parseCsv,
  'text/tab-separated-values': async () => (await import('./parse-csv.js')).parseTsv,
  'text/plain': async () => (await import('./parse-text.js')).parseText,
};

/** Media types that have a parser. */
export const PARSED_MEDIA_TYPES: readonly string[] = Object.keys(LOADERS);

/**
 * The parser of a media type.
 * @throws AppError `unsupported_media_type`
 */
export async function findParser(mediaType: string): Promise<Parser> {
  const load = Object.hasOwn(LOADERS, mediaType) ? LOADERS[mediaType] : undefined;
  if (load === undefined) throw new AppError('unsupported_media_type', 'There is no parser for this kind of file.');
  return load();
}
