/**
 * HTML tables. One that holds data becomes a Markdown table; one that only arranges the page is walked like any other
 * container. Nested tables, headings inside and very long cells are the signs of arrangement.
 */
import type { PendingBlock } from './assemble-document.js';
import { textOf } from './html-text.js';
import { renderTable } from './render-table.js';
import { type HtmlDocument, type HtmlElement, type HtmlNode, isElement, walkHtml } from './walk-html.js';

/** A cell with more text than this is a column of a page, not a value. */
const MAX_CELL_CHARACTERS = 3_000;
const MAX_SPAN = 100;
const MAX_REPEATED_CHARACTERS = 200;
/** Per table: far above any real one, and some megabytes at most. */
const MAX_REPEATS = 10_000;

interface OpenTable {
  element: HtmlElement;
  isLayout: boolean;
  hasColumns: boolean;
  cellStart: number;
}

/** The tables under `root` that arrange the page. One pass. */
export function markLayoutTables(root: HtmlDocument): Set<HtmlElement> {
  const layout = new Set<HtmlElement>();
  const open: OpenTable[] = [];
  let characters = 0;
  walkHtml(root, {
    enter(node) {
      if (node.type === 'text') characters += node.data.length;
      if (isElement(node)) enterForTables(node, open, characters);
      return true;
    },
    leave(node) {
      const table = open.at(-1);
      if (table === undefined) return;
      if (isCell(node) && characters - table.cellStart > MAX_CELL_CHARACTERS) table.isLayout = true;
      if (node !== table.element) return;
      if (table.isLayout || !table.hasColumns) layout.add(table.element);
      open.pop();
    },
  });
  return layout;
}

function enterForTables(element: HtmlElement, open: OpenTable[], characters: number): void {
  const table = open.at(-1);
  if (element.name === 'table') {
    if (table !== undefined) table.isLayout = true;
    const isLayout = element.attribs.role === 'presentation' || element.attribs.role === 'none';
    open.push({ element, isLayout, hasColumns: false, cellStart: characters });
  } else if (table !== undefined) {
    if (/^h[1-6]$/.test(element.name)) table.isLayout = true;
    if (isCell(element)) {
      table.cellStart = characters;
      if (element.prev !== null && previousCell(element) !== null) table.hasColumns = true;
    }
  }
}

function isCell(node: HtmlNode): node is HtmlElement {
  return isElement(node) && (node.name === 'td' || node.name === 'th');
}

function previousCell(cell: HtmlElement): HtmlElement | null {
  let before = cell.prev;
  while (before !== null && before.type !== 'tag') before = before.prev;
  return before !== null && isCell(before) ? before : null;
}

/** A data table as blocks: its caption as a paragraph, then the table. Empty when it holds no text. */
export function readDataTable(table: HtmlElement): PendingBlock[] {
  const blocks: PendingBlock[] = [];
  const rows: string[][] = [];
  const grid = createGrid();
  let headerRows = 0;
  for (const { element, isInHead } of rowsAndCaptions(table)) {
    if (element.name === 'caption') {
      blocks.push({ kind: 'paragraph', text: textOf(element, { keepSpace: false }) });
      continue;
    }
    const cells = element.children.filter(isCell);
    const isHeader = isInHead || (cells.length > 1 && cells.every((cell) => cell.name === 'th'));
    if (isHeader && headerRows === rows.length) headerRows++;
    rows.push(grid.placeRow(cells));
  }
  const rendered = renderTable(rows, Math.max(1, headerRows));
  return rendered === null ? blocks : [...blocks, rendered];
}

/** A cell that reaches down into further rows. */
interface Hanging {
  text: string;
  rows: number;
}

/**
 * Puts cells into columns. A cell that spans columns fills the first of them; one that spans rows is repeated in each,
 * so that every row can be read alone. Repeats are bounded in length and number, whatever the spans claim.
 */
function createGrid(): { placeRow(cells: readonly HtmlElement[]): string[] } {
  const hanging = new Map<number, Hanging>();
  let repeats = 0;

  function takeHanging(column: number): string | null {
    const cell = hanging.get(column);
    if (cell === undefined) return null;
    cell.rows--;
    repeats++;
    if (cell.rows === 0 || repeats >= MAX_REPEATS) hanging.delete(column);
    return cell.text;
  }

  return {
    placeRow(cells) {
      const row: string[] = [];
      const fillHanging = () => {
        for (let text = takeHanging(row.length); text !== null; text = takeHanging(row.length)) row.push(text);
      };
      for (const cell of cells) {
        fillHanging();
        const text = textOf(cell, { keepSpace: false });
        const rows = readSpan(cell.attribs.rowspan) - 1;
        for (let index = 0; index < readSpan(cell.attribs.colspan); index++) {
          const value = index === 0 ? text : '';
          if (rows > 0) hanging.set(row.length, { text: value.length > MAX_REPEATED_CHARACTERS ? '' : value, rows });
          row.push(value);
        }
      }
      fillHanging();
      return row;
    },
  };
}

function readSpan(value: string | undefined): number {
  return Math.min(Math.max(1, Number.parseInt(value ?? '1', 10) || 1), MAX_SPAN);
}

/** Rows stand in the table itself or in one section of it; nothing deeper belongs to it. */
function rowsAndCaptions(table: HtmlElement): { element: HtmlElement; isInHead: boolean }[] {
  const found: { element: HtmlElement; isInHead: boolean }[] = [];
  for (const child of table.children) {
    if (!isElement(child)) continue;
    if (child.name === 'tr' || child.name === 'caption') found.push({ element: child, isInHead: false });
    if (child.name !== 'thead' && child.name !== 'tbody' && child.name !== 'tfoot') continue;
    for (const row of child.children) {
      if (isElement(row) && row.name === 'tr') found.push({ element: row, isInHead: child.name === 'thead' });
    }
  }
  return found;
}
