/** Lines of plain or Markdown text and whether one goes on in the next; used to find sentences. */
import type { TextSpan } from './slice-text.js';

export type LineKind = 'blank' | 'heading' | 'item' | 'row' | 'text';

/** A line without its line break. */
export interface TextLine extends TextSpan {
  kind: LineKind;
  /** Letters it starts and ends with, white space left out. */
  first: string;
  last: string;
}

const HEADING = /^\s{0,3}#{1,6}\s/u;
const ITEM = /^\s*(?:[-*+•‣◦▪●–·]|\d{1,3}[.)]|\p{L}[.)]|\([\p{L}\d]{1,4}\))\s/u;
/** Only this much of a line is looked at to tell its kind. */
const PREFIX = 80;
/** A line shorter than this share of the one after it was not wrapped: its paragraph ended there. */
const WRAPPED_SHARE = 0.6;

/** All lines of the text, in order. */
export function* splitLines(text: string): Generator<TextLine> {
  for (let start = 0; start <= text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    yield describeLine(text.slice(start, end), start);
    start = end + 1;
  }
}

function describeLine(line: string, start: number): TextLine {
  const trimmed = line.trim();
  const span = { start, end: start + line.length, first: trimmed.charAt(0), last: trimmed.slice(-1) };
  return { ...span, kind: trimmed === '' ? 'blank' : lineKind(line, trimmed) };
}

function lineKind(line: string, trimmed: string): LineKind {
  const prefix = line.slice(0, PREFIX);
  if (HEADING.test(prefix)) return 'heading';
  if (trimmed.startsWith('|') || trimmed.includes('\t') || trimmed.includes(' | ')) return 'row';
  return ITEM.test(prefix) ? 'item' : 'text';
}

/** True when `line` starts something new; false when it carries on the wrapped line before it. */
export function startsBlock(previous: TextLine, line: TextLine): boolean {
  if (line.kind !== 'text' || previous.kind === 'heading' || previous.kind === 'row') return true;
  if (/[\p{Ll}\p{Pd},;&(]/u.test(previous.last) && /\p{Ll}/u.test(line.first)) return false;
  const short = previous.end - previous.start < WRAPPED_SHARE * (line.end - line.start);
  return short && /[\p{Lu}\p{N}]/u.test(line.first) && !/[\p{Pd},;&(]/u.test(previous.last);
}
