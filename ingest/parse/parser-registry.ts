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
  'text/html': async () => (await import('./parse-html.js')).parseHtml,
  'text/markdown': async () => (await import('./parse-markdown.js')).parseMarkdown,
  'text/csv': async () => (await import('./parse-csv.js')).parseCsv,
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
