/**
 * Structure in the text of a PDF page, where there is only a line end after every printed line. Cautious: a wrong
 * paragraph end costs little, a wrong heading would stand over text it does not belong to.
 */
import type { Block } from '../../src/domain/parsed-document.js';
import { type Line, splitLines } from './find-paragraphs.js';

/** "1 Introduction", "2.3. Results", "Item 1A. Risk Factors", "Chapter 4": numbered, capitalised, no sentence. */
const NUMBERED_HEADING =
  /^(?:(\d{1,2}(?:\.\d{1,2}){0,3})\.?|(?:item|part|chapter|section|appendix) [\dA-Z]{1,4}[.:]?)\s+\p{Lu}/iu;
const MAX_HEADING_CHARACTERS = 90;
const LIST_MARK = /^\s{0,8}(?:[•▪◦‣·●○■□–*-]|\(?(?:\d{1,2}|[a-z])[.)])\s/;
const SENTENCE_END = /[.!?:;。！？]["'”’»)\]]{0,2}$/;
/** A line shorter than this share of the page's usual line ends a paragraph, when it also ends a sentence. */
const SHORT_LINE_SHARE = 0.8;
const MIN_TABLE_ROWS = 3;

interface PdfLine extends Line {
  text: string;
}

/** Blocks of one page's text (only `\n` as line end): table rows together, numbered headings, paragraphs. Linear. */
export function findPdfBlocks(text: string): Block[] {
  const lines: PdfLine[] = splitLines(text).map((line) => ({ ...line, text: text.slice(line.start, line.end) }));
  const usual = usualLength(lines);
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at]?.isEmpty !== false) {
      at++;
      continue;
    }
    const stop = tableEnd(lines, at);
    if (stop > at) at = push(blocks, lines, { kind: 'table', from: at, to: stop });
    else if (isHeading(lines, at, usual)) at = pushHeading(blocks, lines, at);
    else at = push(blocks, lines, { kind: 'paragraph', from: at, to: paragraphEnd(lines, at, usual) });
  }
  return blocks;
}

function push(
  blocks: Block[],
  lines: readonly PdfLine[],
  run: { kind: Block['kind']; from: number; to: number },
): number {
  const start = lines[run.from]?.start ?? 0;
  blocks.push({ kind: run.kind, start, end: lines[run.to - 1]?.end ?? start });
  return run.to;
}

function pushHeading(blocks: Block[], lines: readonly PdfLine[], at: number): number {
  const line = lines[at];
  if (line === undefined) return at + 1;
  const number = NUMBERED_HEADING.exec(line.text)?.[1];
  const level = number === undefined ? 1 : Math.min(6, number.split('.').length);
  blocks.push({ kind: 'heading', level, start: line.start, end: line.end });
  return at + 1;
}

/** Length that a quarter of the lines reach: the width of the text column. */
function usualLength(lines: readonly PdfLine[]): number {
  const lengths = lines.filter((line) => !line.isEmpty).map((line) => line.text.length);
  lengths.sort((left, right) => left - right);
  return lengths[Math.floor(lengths.length * 0.75)] ?? 0;
}

function isHeading(lines: readonly PdfLine[], at: number, usual: number): boolean {
  const text = lines[at]?.text ?? '';
  const next = lines[at + 1];
  if (text.length > MAX_HEADING_CHARACTERS || !NUMBERED_HEADING.test(text)) return false;
  // A sentence, a line of a table of contents, or an item of a numbered list.
  if (/[.,;:!?…]$/.test(text) || /\d$/.test(text) || text.includes('\t')) return false;
  if (next === undefined || next.isEmpty) return next !== undefined;
  return next.text.length >= usual * 0.6 && !NUMBERED_HEADING.test(next.text) && !/^\p{Ll}/u.test(next.text);
}

/** Where the paragraph that begins at `from` ends: an empty line, a short last line, an item, a heading or a table. */
function paragraphEnd(lines: readonly PdfLine[], from: number, usual: number): number {
  let at = from + 1;
  for (; at < lines.length; at++) {
    const line = lines[at];
    const before = lines[at - 1];
    if (line === undefined || before === undefined || line.isEmpty) break;
    const isEnded = before.text.length < usual * SHORT_LINE_SHARE && SENTENCE_END.test(before.text.slice(-4));
    if ((isEnded && !/^\p{Ll}/u.test(line.text)) || LIST_MARK.test(line.text)) break;
    if (isHeading(lines, at, usual) || tableEnd(lines, at) > at) break;
  }
  return at;
}

/** Index behind a run of rows that begins at `from`, or `from` when it is no table. Looks at most a table ahead. */
function tableEnd(lines: readonly PdfLine[], from: number): number {
  for (let row = from; row < from + MIN_TABLE_ROWS; row++) if (!isRow(lines[row])) return from;
  let to = from + MIN_TABLE_ROWS;
  while (isRow(lines[to])) to++;
  return to;
}

/** Cells are divided by tabs; most of those behind the first hold a number, as in every financial table. */
function isRow(line: PdfLine | undefined): boolean {
  const values = line?.text.split('\t').slice(1);
  if (values === undefined || values.length === 0) return false;
  return values.filter((value) => /\d|^\s*[-–—]\s*$/.test(value)).length * 2 >= values.length;
}
