/** Plain text: stored as decoded and cleaned, paragraphs between empty lines. It has no title of its own. */
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { createUnpagedDocument } from './assemble-document.js';
import { decodeText } from './decode-text.js';
import { findParagraphs } from './find-paragraphs.js';
import type { ParserInput } from './parser.js';

/** Reads a text file in whatever encoding it is. Never throws for its content. */
export async function parseText(input: ParserInput): Promise<ParsedDocument> {
  const { text } = decodeText(input.bytes);
  return createUnpagedDocument(null, text, findParagraphs(text));
}
