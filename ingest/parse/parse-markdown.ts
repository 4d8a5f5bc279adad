/**
 * Markdown: stored as it was written, because its marks are readable and a quote must be found in the user's own file.
 * The blocks come from one pass over the lines (CommonMark 0.31 and the tables of GitHub Flavored Markdown, without
 * nesting: block quotes and HTML count as paragraphs).
 */
import type { Block, ParsedDocument } from '../../src/domain/parsed-document.js';
import { createUnpagedDocument } from './assemble-document.js';
import { cleanTitle } from './clean-text.js';
import { decodeText } from './decode-text.js';
import { type Line, splitLines } from './find-paragraphs.js';
import type { ParserInput } from './parser.js';

const ATX_HEADING = /^ {0,3}(#{1,6})(?:[ \t]|$)/;
const SETEXT_UNDERLINE = /^ {0,3}(=+|-{2,})$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const LIST_ITEM = /^\s{0,12}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const INDENTED = /^(?: {2}|\t)/;
const THEMATIC_BREAK = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;

/** A paragraph longer than this over a line of dashes is a paragraph and a rule, whatever the standard says. */
const MAX_HEADING_CHARACTERS = 300;

/** Reads a Markdown file in whatever encoding it is. The title is the first heading of level 1. */
export async function parseMarkdown(input: ParserInput): Promise<ParsedDocument> {
  const { text } = decodeText(input.bytes);
  const blocks = findMarkdownBlocks(text);
  return createUnpagedDocument(findTitle(text, blocks), text, blocks);
}

function findTitle(text: string, blocks: readonly Block[]): string | null {
  const heading = blocks.find((block) => block.kind === 'heading' && block.level === 1);
  if (heading === undefined) return null;
  const [line = ''] = text.slice(heading.start, heading.end).split('\n', 1);
  const marks = /^ {0,3}#+[ \t]*/.exec(line.slice(0, 20))?.[0].length ?? 0;
  return cleanTitle(
    line
      .slice(marks)
      .slice(0, 1000)
      .replace(/[ \t]#+$/, '')
      .replace(/[*_`]{1,3}/g, ''),
  );
}

/** The state of the pass: `at` is the index of the next line to look at. */
interface Scan {
  text: string;
  lines: Line[];
  at: number;
  blocks: Block[];
}

/** The blocks of Markdown source that has only `\n` as line end. Linear: every line is looked at a bounded number of times. */
export function findMarkdownBlocks(text: string): Block[] {
  const scan: Scan = { text, lines: splitLines(text), at: 0, blocks: [] };
  takeFrontMatter(scan);
  while (scan.at < scan.lines.length) {
    if (scan.lines[scan.at]?.isEmpty !== false) scan.at++;
    else if (!(takeHeading(scan) || takeFence(scan) || takeTable(scan) || takeList(scan))) takeParagraph(scan);
  }
  return scan.blocks;
}

function lineText(scan: Scan, index: number): string {
  const line = scan.lines[index];
  return line === undefined ? '' : scan.text.slice(line.start, line.end);
}

/** The beginning of a line: enough to know its kind, whatever its length. */
function startOf(scan: Scan, index: number): string {
  return lineText(scan, index).slice(0, 200);
}

/** Adds the block of the lines from `scan.at` up to `stop`, and goes on behind it. */
function push(scan: Scan, stop: number, block: Omit<Block, 'start' | 'end'>): void {
  let last = stop - 1;
  while (last > scan.at && scan.lines[last]?.isEmpty === true) last--;
  const start = scan.lines[scan.at]?.start ?? 0;
  scan.blocks.push({ start, end: scan.lines[last]?.end ?? start, ...block });
  scan.at = stop;
}

/** YAML between two lines of dashes at the very beginning. */
function takeFrontMatter(scan: Scan): void {
  if (lineText(scan, 0) !== '---' || !/^[\w-]{1,60}:/.test(startOf(scan, 1))) return;
  for (let index = 1; index < Math.min(scan.lines.length, 200); index++) {
    if (!/^(?:---|\.\.\.)$/.test(startOf(scan, index))) continue;
    push(scan, index + 1, { kind: 'code' });
    return;
  }
}

function takeHeading(scan: Scan): boolean {
  const marks = ATX_HEADING.exec(startOf(scan, scan.at))?.[1];
  if (marks === undefined) return false;
  push(scan, scan.at + 1, { kind: 'heading', level: marks.length });
  return true;
}

function takeFence(scan: Scan): boolean {
  const fence = FENCE.exec(startOf(scan, scan.at))?.[1];
  if (fence === undefined) return false;
  let index = scan.at + 1;
  while (index < scan.lines.length && !closesFence(startOf(scan, index), fence)) index++;
  push(scan, Math.min(index + 1, scan.lines.length), { kind: 'code' });
  return true;
}

function closesFence(line: string, fence: string): boolean {
  const mark = line.trim();
  return (
    mark.length >= fence.length && mark.startsWith(fence) && [...mark].every((character) => character === fence[0])
  );
}

/** A line with a pipe over a delimiter row with the same number of cells. */
function takeTable(scan: Scan): boolean {
  if (!isTableStart(scan, scan.at)) return false;
  let index = scan.at + 2;
  while (index < scan.lines.length && scan.lines[index]?.isEmpty === false && lineText(scan, index).includes('|'))
    index++;
  const block: Omit<Block, 'start' | 'end'> = { kind: 'table' };
  const next = scan.lines[scan.at + 2];
  const delimiterEnd = scan.lines[scan.at + 1]?.end ?? 0;
  block.headerEnd = index > scan.at + 2 && next !== undefined ? next.start : delimiterEnd;
  push(scan, index, block);
  return true;
}

function isTableStart(scan: Scan, index: number): boolean {
  const delimiters = lineText(scan, index + 1);
  if (delimiters.length > 10_000 || !/^[\s|:-]+$/.test(delimiters) || !delimiters.includes('-')) return false;
  const header = lineText(scan, index);
  if (!header.includes('|') || !delimiters.includes('|')) return false;
  return countCells(header) === countCells(delimiters);
}

function countCells(row: string): number {
  const trimmed = row.trim();
  let pipes = 0;
  for (let at = 0; at < trimmed.length; at++) if (trimmed[at] === '|' && trimmed[at - 1] !== '\\') pipes++;
  const outer = (trimmed.startsWith('|') ? 1 : 0) + (trimmed.length > 1 && trimmed.endsWith('|') ? 1 : 0);
  return pipes + 1 - outer;
}

/** Items with what is indented under them, across single empty lines. */
function takeList(scan: Scan): boolean {
  const first = startOf(scan, scan.at);
  if (!LIST_ITEM.test(first) || THEMATIC_BREAK.test(first)) return false;
  let index = scan.at + 1;
  let isAfterGap = false;
  for (; index < scan.lines.length; index++) {
    if (scan.lines[index]?.isEmpty === true) {
      if (isAfterGap) break;
      isAfterGap = true;
      continue;
    }
    const line = startOf(scan, index);
    const belongs = LIST_ITEM.test(line) || INDENTED.test(line);
    if (isAfterGap ? !belongs : startsOtherBlock(line) && !belongs) break;
    isAfterGap = false;
  }
  push(scan, index, { kind: 'list' });
  return true;
}

function startsOtherBlock(line: string): boolean {
  return ATX_HEADING.test(line) || FENCE.test(line);
}

/** Lines up to an empty one or the start of another block; a line of = or - under it makes it a heading. */
function takeParagraph(scan: Scan): void {
  let index = scan.at + 1;
  for (; index < scan.lines.length && scan.lines[index]?.isEmpty === false; index++) {
    const line = startOf(scan, index);
    const underline = SETEXT_UNDERLINE.exec(line.slice(0, 190))?.[1];
    if (underline !== undefined) {
      const isTitle = (scan.lines[index]?.start ?? 0) - (scan.lines[scan.at]?.start ?? 0) <= MAX_HEADING_CHARACTERS;
      const level = underline.startsWith('=') ? 1 : 2;
      push(scan, index + 1, isTitle ? { kind: 'heading', level } : { kind: 'paragraph' });
      return;
    }
    const isItem = LIST_ITEM.test(line) && !/^\s*\d{2,}/.test(line);
    if (startsOtherBlock(line) || isItem || isTableStart(scan, index)) break;
  }
  push(scan, index, { kind: 'paragraph' });
}
