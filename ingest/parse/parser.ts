/**
 * What a parser is: the bytes of one format in, text with structure out. Parsers know nothing of storage, jobs or
 * other formats, keep no state, and open no connection.
 */
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';

/** Bounds that a parser keeps by itself; time and memory are bounded from outside, by the thread it runs in. */
export interface ParseLimits {
  /** Sum of the inflated sizes of the archive parts that are read. */
  maxInflatedBytes: number;
  /** Entries an archive may have. */
  maxArchiveEntries: number;
  /** UTF-16 code units of text a document may give. */
  maxCharacters: number;
}

/** 128 MiB inflated, 5,000 entries, 50 million characters: ten times the largest filings and books seen. */
export const DEFAULT_PARSE_LIMITS: ParseLimits = {
  maxInflatedBytes: 128 * 1024 * 1024,
  maxArchiveEntries: 5_000,
  maxCharacters: 50_000_000,
};

/** Called as work advances: `done` of `total` pages. */
export type ReportProgress = (done: number, total: number) => void;

export interface ParserInput {
  /** The whole file. */
  bytes: Uint8Array;
  /** As uploaded; a hint, never trusted, never a path. */
  filename: string;
  limits: ParseLimits;
  reportProgress?: ReportProgress | undefined;
}

/**
 * @throws AppError `corrupt`, `password_required`, `no_pages`, `entity_expansion`, `inflated_too_large` or `parse_failed`.
 *         A file without any text is no error here: its pages have status `empty`.
 */
export type Parser = (input: ParserInput) => Promise<ParsedDocument>;

/** The error for a document that gives more text than {@link ParseLimits.maxCharacters}. */
export function tooMuchText(): AppError {
  return new AppError('inflated_too_large', 'The file holds more text than one document may have.');
}
