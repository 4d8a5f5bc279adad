/** From blocks, or text with blocks, to the ParsedDocument of a format without pages. */
import type { Block, BlockKind, ParsedDocument, ParsedPage } from '../../src/domain/parsed-document.js';
import { cleanText } from './clean-text.js';

/** A block before it has a place in the text. */
export interface PendingBlock {
  kind: BlockKind;
  text: string;
  /** 1..6, for headings. */
  level?: number;
  /** For tables: how many characters of `text` are header rows, their last line end included. */
  headerLength?: number;
}

const SEPARATOR = '\n\n';

/** Lays blocks one behind the other, an empty line between two. Texts are cleaned; blocks without text are left out. */
export function assembleBlocks(pending: readonly PendingBlock[]): { text: string; blocks: Block[] } {
  const parts: string[] = [];
  const blocks: Block[] = [];
  let length = 0;
  for (const { kind, text, level, headerLength } of pending) {
    const clean = cleanText(text).trimEnd();
    if (clean === '') continue;
    const start = length === 0 ? 0 : length + SEPARATOR.length;
    const block: Block = { kind, start, end: start + clean.length };
    if (level !== undefined) block.level = level;
    if (headerLength !== undefined) block.headerEnd = start + Math.min(headerLength, clean.length);
    parts.push(clean);
    blocks.push(block);
    length = block.end;
  }
  return { text: parts.join(SEPARATOR), blocks };
}

/** What a page is besides its text. */
export interface PageFacts {
  number: number;
  label: string | null;
  /** Why it is empty, should it be: a sentence. */
  emptyReason: string;
}

/** A page of a paged format from its blocks; `empty` when none of them holds text. */
export function assemblePage({ number, label, emptyReason }: PageFacts, pending: readonly PendingBlock[]): ParsedPage {
  const { text, blocks } = assembleBlocks(pending);
  if (text === '') return { number, label, status: 'empty', reason: emptyReason, text: '', blocks: [] };
  return { number, label, status: 'text', reason: null, text, blocks };
}

/** A document with one page, number 1; the page is `empty` when the text is only white space. */
export function createUnpagedDocument(title: string | null, text: string, blocks: Block[]): ParsedDocument {
  const page = { number: 1, label: null };
  if (text.trim() === '') {
    const reason = 'The document holds no text.';
    return { title, paged: false, pages: [{ ...page, status: 'empty', reason, text: '', blocks: [] }] };
  }
  return { title, paged: false, pages: [{ ...page, status: 'text', reason: null, text, blocks }] };
}
