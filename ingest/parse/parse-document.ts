/**
 * Bytes of a known media type -> ParsedDocument. Finds the parser, maps whatever a library throws to an AppError, and
 * answers the two questions every caller has: how many pages came out how, and is there any text.
 * Runs in the caller's thread; hostile files belong into `createParseInThread`.
 */
import type { PageCounts } from '../../src/domain/document.js';
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { type ParserInput, tooMuchText } from './parser.js';
import { findParser } from './parser-registry.js';

/** A parser's input and the sniffed media type that chooses it. */
export interface ParseDocumentInput extends ParserInput {
  mediaType: string;
}

/**
 * Parses a file. A document without text is returned, not thrown: see {@link hasText}.
 * @throws AppError as {@link Parser} says, `unsupported_media_type`, `document_empty`, `inflated_too_large`, `parse_failed`
 */
export async function parseDocument(input: ParseDocumentInput): Promise<ParsedDocument> {
  if (input.bytes.length === 0) throw new AppError('document_empty', 'The file is empty.');
  const parse = await findParser(input.mediaType);
  try {
    const parsed = await parse(input);
    const characters = parsed.pages.reduce((sum, page) => sum + page.text.length, 0);
    if (characters > input.limits.maxCharacters) throw tooMuchText();
    return parsed;
  } catch (error) {
    throw asParseError(error);
  }
}

function asParseError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    return new AppError('parse_failed', 'The file is nested too deeply to be read.', { cause: error });
  }
  if (error instanceof RangeError && /allocation|invalid (?:array|string) length/i.test(error.message)) {
    return new AppError('parse_memory', 'Reading the file took more memory than is allowed.', { cause: error });
  }
  return new AppError('parse_failed', 'The file could not be read.', { cause: error });
}

/** Pages by what became of them. */
export function countPages(parsed: ParsedDocument): PageCounts {
  const counts: PageCounts = { total: parsed.pages.length, text: 0, ocr: 0, empty: 0, failed: 0 };
  for (const page of parsed.pages) counts[page.status]++;
  return counts;
}

/** False: the document must end as `no_text`. */
export function hasText(parsed: ParsedDocument): boolean {
  return parsed.pages.some((page) => (page.status === 'text' || page.status === 'ocr') && page.text.trim() !== '');
}
