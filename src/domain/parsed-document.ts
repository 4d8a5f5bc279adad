/**
 * What every parser gives: exact text page by page, and the structure as offsets into that text.
 * The text is stored as it stands here; nothing downstream changes it, so offsets stay true for ever.
 */
import type { PageStatus } from './document.js';

/** Kinds of structure a parser reports. Blocks are in order and do not overlap. */
export type BlockKind = 'heading' | 'paragraph' | 'list' | 'table' | 'code';

/** A stretch of a page's text, UTF-16 offsets, `end` exclusive. */
export interface Block {
  kind: BlockKind;
  start: number;
  end: number;
  /** 1..6 for headings. */
  level?: number;
  /** For tables: offset behind the header rows, so that a part of the table can carry its header as context. */
  headerEnd?: number;
}

/** One page of a paged format; an unpaged format has exactly one, with number 1. */
export interface ParsedPage {
  number: number;
  /** The label printed on the page ("iv", "A-3"), when the format has one. */
  label: string | null;
  status: PageStatus;
  /** Why a page is empty or failed, as a sentence; null for text. */
  reason: string | null;
  text: string;
  blocks: Block[];
}

export interface ParsedDocument {
  /** Title from the file itself, null when it has none. */
  title: string | null;
  /** False: the format has no pages, citations carry `page: null`. */
  paged: boolean;
  pages: ParsedPage[];
}
