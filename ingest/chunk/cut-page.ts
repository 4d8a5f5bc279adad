/** A page's text as atoms: the pieces that a passage is packed from and that are never cut again. */
import type { Block, BlockKind, ParsedPage } from '../../src/domain/parsed-document.js';
import { countTokens } from '../../src/domain/text/count-tokens.js';
import { sliceText, type TextSpan } from '../../src/domain/text/slice-text.js';
import { splitSentences } from '../../src/domain/text/split-sentences.js';
import type { HeadingPath } from './heading-path.js';

/** A piece of at most `maxTokens` (a single character may be more), without white space at its ends. */
export interface Atom extends TextSpan {
  kind: BlockKind;
  tokens: number;
  heading: string[];
  /** Number of the section on the page; a heading starts one. */
  section: number;
  /** Number of the table it belongs to, null outside tables. */
  table: number | null;
  /** The header rows of that table, null when there are none. */
  header: TextSpan | null;
}

/** Code units of a slice when a sentence is too long: a few tokens, so that passages can be filled well. */
const SLICE_LENGTH = 200;
/** A text of so many units a token is not counted, it is too large: counting it whole would only cost time. */
const UNITS_PER_TOKEN = 16;

/** Atoms of the page in order; together they hold all text that is not blank. Enters the page's headings. */
export function* cutPage(
  page: ParsedPage,
  { maxTokens, headings }: { maxTokens: number; headings: HeadingPath },
): Generator<Atom> {
  let section = 0;
  let tables = 0;
  for (const block of coverPage(page)) {
    if (block.kind === 'heading') {
      section += 1;
      headings.enter(block.level ?? 1, page.text.slice(block.start, block.end));
    }
    const shared = {
      kind: block.kind,
      heading: headings.current(),
      section,
      table: block.kind === 'table' ? tables++ : null,
      header: block.headerEnd === undefined ? null : { start: block.start, end: block.headerEnd },
    };
    for (const piece of cutSpan(page.text, block, maxTokens)) yield { ...shared, ...piece };
  }
}

/** The page's blocks in order, and the text between them as paragraphs; overlaps are cut off. */
function* coverPage(page: ParsedPage): Generator<Block> {
  let position = 0;
  for (const block of page.blocks.toSorted((a, b) => a.start - b.start)) {
    const start = Math.max(block.start, position);
    const end = Math.min(block.end, page.text.length);
    if (end <= start) continue;
    if (start > position) yield { kind: 'paragraph', start: position, end: start };
    yield { ...block, start, end };
    position = end;
  }
  if (position < page.text.length) yield { kind: 'paragraph', start: position, end: page.text.length };
}

function* cutSpan(
  text: string,
  block: Pick<Block, 'kind'> & TextSpan,
  maxTokens: number,
): Generator<TextSpan & { tokens: number }> {
  const span = trimSpan(text, block);
  if (span === null) return;
  const tokens = tokensWithin(text, span, maxTokens);
  if (tokens !== null) {
    yield { ...span, tokens };
    return;
  }
  const parts = block.kind === 'table' || block.kind === 'code' ? lines(text, span) : sentences(text, span);
  for (const part of parts) yield* cutPart(text, part, maxTokens);
}

function* cutPart(text: string, part: TextSpan, maxTokens: number): Generator<TextSpan & { tokens: number }> {
  const span = trimSpan(text, part);
  if (span === null) return;
  const tokens = tokensWithin(text, span, maxTokens);
  if (tokens !== null) yield { ...span, tokens };
  else yield* cutWords(text, span, { maxTokens, length: SLICE_LENGTH });
}

/** Slices at words, halved until they fit; a lone character is taken as it is. */
function* cutWords(
  text: string,
  span: TextSpan,
  { maxTokens, length }: { maxTokens: number; length: number },
): Generator<TextSpan & { tokens: number }> {
  for (const slice of sliceText(text, length, span)) {
    const piece = trimSpan(text, slice);
    if (piece === null) continue;
    const tokens = countTokens(text.slice(piece.start, piece.end));
    if (tokens <= maxTokens || length <= 2) yield { ...piece, tokens };
    else yield* cutWords(text, piece, { maxTokens, length: Math.floor(length / 2) });
  }
}

/** Token count, null when it is above the limit. */
function tokensWithin(text: string, { start, end }: TextSpan, maxTokens: number): number | null {
  if (end - start > maxTokens * UNITS_PER_TOKEN) return null;
  const tokens = countTokens(text.slice(start, end));
  return tokens <= maxTokens ? tokens : null;
}

/** Sentences stretched to touch each other, so that nothing between them is lost. */
function sentences(text: string, span: TextSpan): TextSpan[] {
  const starts = splitSentences(text.slice(span.start, span.end)).map(({ start }) => span.start + start);
  return stretch(starts, span);
}

function lines(text: string, span: TextSpan): TextSpan[] {
  const starts: number[] = [];
  for (let at = span.start; at < span.end; ) {
    starts.push(at);
    const newline = text.indexOf('\n', at);
    at = newline === -1 ? span.end : newline + 1;
  }
  return stretch(starts, span);
}

function stretch(starts: number[], span: TextSpan): TextSpan[] {
  const inner = starts.filter((start) => start > span.start);
  return [span.start, ...inner].map((start, index) => ({ start, end: inner[index] ?? span.end }));
}

function trimSpan(text: string, { start, end }: TextSpan): TextSpan | null {
  const raw = text.slice(start, end);
  const trimmed = raw.trim();
  if (trimmed === '') return null;
  const from = start + raw.length - raw.trimStart().length;
  return { start: from, end: from + trimmed.length };
}
