/**
 * Text of OpenDocument files -> blocks, in time linear in its size: headings, paragraphs, lists and tables. Footnotes,
 * endnotes and comments are gathered apart; deleted text, forms, pictures and embedded objects are left out.
 */
import type { PendingBlock } from './assemble-document.js';
import { cleanText } from './clean-text.js';
import { createBlockCollector } from './collect-blocks.js';
import { type OdfStyles, readRepeat } from './odf-package.js';
import { childElements } from './read-xml-part.js';
import { renderTable } from './render-table.js';
import type { TextBudget } from './text-budget.js';
import { type HtmlElement, type HtmlNode, isElement, walkHtml } from './walk-html.js';

/** What reading a text needs, and what it gathers on the way. */
export interface OdfText {
  styles: OdfStyles;
  budget: TextBudget;
  /** Footnotes and endnotes, in order. */
  notes: { mark: string; text: string }[];
  comments: string[];
}

/** Elements whose text is not text of the document. */
const SKIPPED = new Set([
  ...['text:tracked-changes', 'text:sequence-decls', 'text:variable-decls', 'text:user-field-decls', 'text:ruby-text'],
  ...['office:forms', 'office:binary-data', 'office:scripts', 'office:event-listeners', 'svg:title', 'svg:desc'],
  ...['draw:object', 'draw:glue-point', 'math:math', 'presentation:notes', 'office:annotation-end', 'meta:generator'],
]);
const SPACES = new Set(['text:s', 'text:tab']);
const MAX_HEADING_LEVEL = 6;
/** Text tables are laid out by hand: nobody repeats a cell more often. */
const MAX_REPEATS = 100;
const MAX_REPEATED_CHARACTERS = 200;

/** The blocks under `root`, in document order. */
export function convertOdfToBlocks(root: HtmlElement, text: OdfText): PendingBlock[] {
  const collector = createBlockCollector();
  const lists: (string | undefined)[] = [];
  walkHtml(root, { enter, leave });
  return collector.finish();

  function enter(node: HtmlNode): boolean {
    if (node.type === 'text') collector.addText(node.data);
    if (!isElement(node) || SKIPPED.has(node.name)) return false;
    const inline = readInline(node, text);
    if (inline !== null) {
      collector.addText(inline);
      return false;
    }
    switch (node.name) {
      case 'table:table':
        for (const block of readTable(node, text)) collector.addBlock(block);
        return false;
      case 'text:line-break':
        collector.addLineBreak();
        return false;
      case 'text:span':
        if (text.styles.isSuperscript(node.attribs['text:style-name'])) collector.markSuperscript();
        return true;
      default:
        open(node);
        return true;
    }
  }

  function open(node: HtmlElement): void {
    const style = node.attribs['text:style-name'];
    if (node.name === 'text:h') collector.openHeading(headingLevel(node));
    else if (node.name === 'text:p') {
      const level = text.styles.titleLevel(style);
      if (level === null) collector.closeLine();
      else collector.openHeading(level);
    } else if (node.name === 'text:list') {
      lists.push(style ?? lists.at(-1));
      collector.openList(text.styles.isNumbered(lists.at(-1), lists.length), 1);
    } else if (node.name === 'text:list-item') collector.openItem();
  }

  function leave(node: HtmlNode): void {
    if (!isElement(node)) return;
    if (node.name === 'text:list') {
      lists.pop();
      collector.closeList();
    } else if (node.name === 'text:h') collector.closeHeading();
    else if (node.name === 'text:p') {
      if (text.styles.titleLevel(node.attribs['text:style-name']) === null) collector.closeLine();
      else collector.closeHeading();
    }
  }
}

function headingLevel(heading: HtmlElement): number {
  const level = Number.parseInt(heading.attribs['text:outline-level'] ?? '1', 10);
  return Math.min(Math.max(1, level || 1), MAX_HEADING_LEVEL);
}

/** What stands in the line for an element that is no text itself; gathers notes and comments. Null: go into it. */
export function readInline(element: HtmlElement, text: OdfText): string | null {
  if (SPACES.has(element.name)) return ' ';
  if (element.name === 'text:note') {
    const parts = childElements(element);
    const citation = parts.find(({ name }) => name === 'text:note-citation');
    const body = parts.find(({ name }) => name === 'text:note-body');
    const mark = citation === undefined ? '' : readPlainText(citation, text).slice(0, 20);
    const note = body === undefined ? '' : readPlainText(body, text);
    if (note === '') return '';
    text.notes.push({ mark: mark || String(text.notes.length + 1), text: note });
    return `[${text.notes.at(-1)?.mark}]`;
  }
  if (element.name === 'office:annotation') {
    const said = childElements(element).filter(({ name }) => name === 'text:p' || name === 'text:list');
    const comment = said.map((part) => readPlainText(part, text)).join(' ');
    if (comment.trim() !== '') text.comments.push(comment.trim());
    return '';
  }
  return null;
}

/** Text under an element on one line, clean. */
function readPlainText(element: HtmlElement, text: OdfText): string {
  const parts: string[] = [];
  walkHtml(element, {
    enter(node) {
      if (node.type === 'text') parts.push(node.data);
      if (!isElement(node) || SKIPPED.has(node.name)) return false;
      const inline = node.name === 'text:line-break' ? ' ' : readInline(node, text);
      if (inline !== null) parts.push(inline);
      return inline === null;
    },
    leave(node) {
      if (isElement(node) && (node.name === 'text:p' || node.name === 'text:h')) parts.push(' ');
    },
  });
  return cleanText(parts.join('')).replace(/\s+/g, ' ').trim();
}

/** Footnotes and comments as they stand at the end of a text. */
export function renderRemarks(text: OdfText): PendingBlock[] {
  const blocks: PendingBlock[] = [];
  if (text.notes.length > 0) {
    const lines = text.notes.map((note) => `[${note.mark}] ${note.text}`);
    blocks.push({ kind: 'paragraph', text: 'Notes:' }, { kind: 'list', text: lines.join('\n') });
  }
  if (text.comments.length > 0) {
    const lines = text.comments.map((comment) => `- ${comment}`);
    blocks.push({ kind: 'paragraph', text: 'Comments:' }, { kind: 'list', text: lines.join('\n') });
  }
  return blocks;
}

function readTable(table: HtmlElement, text: OdfText): PendingBlock[] {
  const rows: string[][] = [];
  const hanging = new Map<number, { text: string; rows: number }>();
  let headerRows = 0;
  let isHeader = false;
  walkHtml(table, {
    enter(node) {
      if (!isElement(node)) return false;
      if (node.name === 'table:table-header-rows') isHeader = true;
      if (node.name !== 'table:table-row') return true;
      const cells = readRow(node, hanging, text);
      const repeat = readRepeat(node.attribs['table:number-rows-repeated'], MAX_REPEATS);
      for (let index = 0; index < repeat; index++) {
        if (index > 0) text.budget.spend(cells.reduce((sum, cell) => sum + cell.length + 3, 0));
        rows.push(cells);
      }
      if (isHeader) headerRows += repeat;
      return false;
    },
    leave(node) {
      if (isElement(node) && node.name === 'table:table-header-rows') isHeader = false;
    },
  });
  const rendered = renderTable(rows, Math.max(1, headerRows));
  return rendered === null ? [] : [rendered];
}

/** Cells of a row. One that spans rows is repeated in each; one that spans columns fills the first of them. */
function readRow(row: HtmlElement, hanging: Map<number, { text: string; rows: number }>, text: OdfText): string[] {
  const cells: string[] = [];
  for (const cell of childElements(row)) {
    const repeat = readRepeat(cell.attribs['table:number-columns-repeated'], MAX_REPEATS);
    if (cell.name === 'table:covered-table-cell') {
      for (let index = 0; index < repeat; index++) cells.push(takeHanging(hanging, cells.length, text));
    } else if (cell.name === 'table:table-cell') {
      const content = readPlainText(cell, text);
      const rows = readRepeat(cell.attribs['table:number-rows-spanned'], MAX_REPEATS) - 1;
      if (rows > 0 && content.length <= MAX_REPEATED_CHARACTERS) hanging.set(cells.length, { text: content, rows });
      for (let index = 0; index < repeat; index++) {
        text.budget.spend(content.length + 3);
        cells.push(content);
      }
    }
  }
  return cells;
}

function takeHanging(hanging: Map<number, { text: string; rows: number }>, column: number, text: OdfText): string {
  const cell = hanging.get(column);
  if (cell === undefined) return '';
  cell.rows--;
  if (cell.rows === 0) hanging.delete(column);
  text.budget.spend(cell.text.length + 3);
  return cell.text;
}
