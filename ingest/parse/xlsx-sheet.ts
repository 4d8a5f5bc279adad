/** One sheet of a workbook: its part scanned into rows of text (ECMA-376 part 1, 18.3). */
import { localName } from './read-xml-part.js';
import { readAttribute, scanXml } from './scan-xml.js';
import { MAX_SHEET_COLUMNS, MAX_SHEET_ROWS, type SheetCell, type SheetRow } from './sheet-page.js';
import type { TextBudget } from './text-budget.js';
import { formatNumber, type NumberKind } from './xlsx-formats.js';

/** What the cells of all sheets refer to. */
export interface WorkbookFacts {
  sharedStrings: readonly string[];
  numberKinds: readonly NumberKind[];
  /** Days count from 1904, as on old Macs. */
  is1904: boolean;
}

interface OpenCell {
  column: number;
  type: string;
  style: number;
  text: string;
}

interface Range {
  firstRow: number;
  lastRow: number;
  firstColumn: number;
  lastColumn: number;
}

/** Cells looked at for merges: a file may list a hundred thousand merges of whole columns. */
const MAX_MERGE_STEPS = 5_000_000;

/**
 * The rows that hold text, ascending. Formulas give the value that was stored with them.
 * @throws AppError `corrupt`, `inflated_too_large`
 */
export function scanSheet(xml: string, facts: WorkbookFacts, budget: TextBudget): SheetRow[] {
  const rows: SheetRow[] = [];
  const merges: Range[] = [];
  let row: SheetRow = { index: -1, cells: [] };
  let nextColumn = 0;
  let cell: OpenCell | null = null;
  let isText = false;
  let isPhonetic = false;

  function openCell(attributes: string): void {
    const place = parseCellName(readAttribute(attributes, 'r') ?? '');
    const column = place?.column ?? nextColumn;
    nextColumn = column + 1;
    const style = Number(readAttribute(attributes, 's') ?? 0);
    cell = column < MAX_SHEET_COLUMNS ? { column, style, type: readAttribute(attributes, 't') ?? 'n', text: '' } : null;
  }

  function closeCell(): void {
    const text = cell === null ? '' : showCell(cell, facts);
    if (cell !== null && text.trim() !== '') {
      budget.spend(text.length);
      row.cells.push({ column: cell.column, text });
    }
    cell = null;
  }

  scanXml(xml, {
    open(prefixed, attributes) {
      const name = localName(prefixed);
      if (name === 'row') {
        const index = Number(readAttribute(attributes, 'r') ?? row.index + 2) - 1;
        row = { index: Number.isInteger(index) && index >= 0 ? index : row.index + 1, cells: [] };
        nextColumn = 0;
      } else if (name === 'c') openCell(attributes);
      else if (name === 'rPh') isPhonetic = true;
      else if (name === 'v' || name === 't') isText = cell !== null && !isPhonetic;
      else if (name === 'mergeCell') merges.push(...parseRange(readAttribute(attributes, 'ref') ?? ''));
    },
    close(prefixed) {
      const name = localName(prefixed);
      if (name === 'c') closeCell();
      else if (name === 'v' || name === 't') isText = false;
      else if (name === 'rPh') isPhonetic = false;
      else if (name === 'row' && row.cells.length > 0 && row.index < MAX_SHEET_ROWS) rows.push(row);
    },
    text(data) {
      if (isText && cell !== null) cell.text += data;
    },
  });
  return blankMergedCells(sortRows(rows), merges);
}

function showCell(cell: OpenCell, facts: WorkbookFacts): string {
  switch (cell.type) {
    case 's':
      return facts.sharedStrings[Number(cell.text)] ?? '';
    case 'b':
      return cell.text.trim() === '1' || cell.text.trim() === 'true' ? 'TRUE' : cell.text === '' ? '' : 'FALSE';
    case 'd':
      return cell.text.replace(/T00:00:00(?:\.0+)?Z?$/, '');
    case 'n':
      return formatNumber(cell.text, facts.numberKinds[cell.style] ?? 'general', facts.is1904);
    default:
      return decodeEscapes(cell.text);
  }
}

/** `_x000D_` is how strings hold characters that XML cannot (ECMA-376 part 1, 22.9.2.19); controls are dropped. */
export function decodeEscapes(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9a-f]{4})_/gi, (_match, hex: string) => {
    const code = Number.parseInt(hex, 16);
    if (code === 9 || code === 10 || code === 13) return ' ';
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code >= 0xd800 ? '' : String.fromCharCode(code);
  });
}

/** Places from 0; null when it is no address. */
function parseCellName(name: string): { row: number; column: number } | null {
  const [, letters, digits] = /^\$?([A-Z]{1,3})\$?(\d{1,7})$/i.exec(name) ?? [];
  if (letters === undefined) return null;
  let column = 0;
  for (const letter of letters.toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return { row: Number(digits) - 1, column: column - 1 };
}

function parseRange(text: string): Range[] {
  const [from, to] = text.split(':', 2).map(parseCellName);
  if (!from || !to) return [];
  return [{ firstRow: from.row, lastRow: to.row, firstColumn: from.column, lastColumn: to.column }];
}

/** Files write rows and cells in order; those that do not are put in order. */
function sortRows(rows: SheetRow[]): SheetRow[] {
  for (const { cells } of rows) if (!isAscending(cells, ({ column }) => column)) cells.sort(byColumn);
  if (!isAscending(rows, ({ index }) => index)) rows.sort((a, b) => a.index - b.index);
  return rows;
}

function isAscending<T>(items: readonly T[], order: (item: T) => number): boolean {
  return items.every((item, at) => at === 0 || order(items[at - 1] ?? item) < order(item));
}

function byColumn(a: SheetCell, b: SheetCell): number {
  return a.column - b.column;
}

/** Only the first cell of a merged range shows its value; some programs store values under it. */
function blankMergedCells(rows: SheetRow[], merges: readonly Range[]): SheetRow[] {
  if (merges.length === 0) return rows;
  let steps = 0;
  for (const merge of merges) {
    for (let at = findRow(rows, merge.firstRow); at < rows.length; at++) {
      const row = rows[at];
      if (row === undefined || row.index > merge.lastRow || steps > MAX_MERGE_STEPS) break;
      steps += row.cells.length + 1;
      const isFirst = row.index === merge.firstRow;
      row.cells = row.cells.filter(
        ({ column }) =>
          column < merge.firstColumn || column > merge.lastColumn || (isFirst && column === merge.firstColumn),
      );
    }
  }
  return rows.filter(({ cells }) => cells.length > 0);
}

/** Place of the first row whose index is not below `index`. */
function findRow(rows: readonly SheetRow[], index: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.index ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}
