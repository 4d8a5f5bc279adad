/**
 * The cells of a sheet -> a page: the sheet's name as heading, then every table with its range of cells. Cells are kept
 * sparse, because a sheet may have 17 billion places for them and a file may name the last one.
 */
import type { ParsedPage } from '../../src/domain/parsed-document.js';
import { assemblePage, type PendingBlock } from './assemble-document.js';
import { countHeaderRows, renderTable } from './render-table.js';
import type { TextBudget } from './text-budget.js';

/** A cell that holds text; columns count from 0. */
export interface SheetCell {
  column: number;
  text: string;
}

/** The cells of a row, columns ascending; rows count from 0. */
export interface SheetRow {
  index: number;
  cells: SheetCell[];
}

/** A remark on a cell; `where` is its address (`B2`). */
export interface CellComment {
  where: string;
  text: string;
}

export interface Sheet {
  /** 1-based. */
  number: number;
  name: string;
  /** Ascending; rows without text are not there. */
  rows: readonly SheetRow[];
  comments: readonly CellComment[];
}

/** Rows and columns of the largest sheets there are (Excel and LibreOffice: 2^20 and 2^14). */
export const MAX_SHEET_ROWS = 1_048_576;
export const MAX_SHEET_COLUMNS = 16_384;

/** What a cell costs besides its text: ` | `. */
const DIVIDER_LENGTH = 3;
/** Columns of a table that hold text; the rest is joined into the last. More are no table a reader could follow. */
const MAX_COLUMNS = 1_000;

/** `empty` when no cell holds text. */
export function createSheetPage(sheet: Sheet, budget: TextBudget): ParsedPage {
  const facts = { number: sheet.number, label: sheet.name.slice(0, 100), emptyReason: 'The sheet holds no text.' };
  const blocks = splitTables(sheet.rows).flatMap((rows) => renderRows(rows, budget));
  if (sheet.comments.length > 0) {
    const lines = sheet.comments.map(({ where, text }) => `- ${where}: ${text}`);
    blocks.push({ kind: 'paragraph', text: 'Comments:' }, { kind: 'list', text: lines.join('\n') });
  }
  if (blocks.length === 0) return assemblePage(facts, []);
  return assemblePage(facts, [{ kind: 'heading', level: 1, text: sheet.name }, ...blocks]);
}

/**
 * An empty row divides two tables when what follows looks like the header of a new one: no digits in it. Rows with
 * numbers behind an empty row belong to the table above, whose header they need.
 */
function splitTables(rows: readonly SheetRow[]): SheetRow[][] {
  const tables: SheetRow[][] = [];
  let current: SheetRow[] = [];
  let isNotes = true;
  for (const row of rows) {
    const last = current.at(-1);
    if (last !== undefined && row.index > last.index + 1 && (isNotes || isHeader(row))) {
      tables.push(current);
      current = [];
      isNotes = true;
    }
    isNotes &&= isNote(row);
    current.push(row);
  }
  if (current.length > 0) tables.push(current);
  return tables;
}

function isHeader(row: SheetRow): boolean {
  return !row.cells.some(({ text }) => /^[-+(]?\d/.test(text));
}

function isNote(row: SheetRow): boolean {
  return row.cells.length === 1;
}

/** A cell that stands alone is a paragraph; everything else is a table below its range. */
function renderRows(rows: readonly SheetRow[], budget: TextBudget): PendingBlock[] {
  const [first] = rows;
  if (first === undefined) return [];
  if (rows.length === 1 && isNote(first)) return [{ kind: 'paragraph', text: first.cells[0]?.text ?? '' }];
  const columns = findColumns(rows);
  const places = new Map(columns.map((column, place) => [column, Math.min(place, MAX_COLUMNS - 1)]));
  const dense = rows.map((row) => {
    const line: string[] = [];
    for (const { column, text } of row.cells) {
      const place = places.get(column) ?? 0;
      budget.spend((place - line.length + 1) * DIVIDER_LENGTH);
      while (line.length < place) line.push('');
      line[place] = line[place] === undefined ? text : `${line[place]} ${text}`;
    }
    return line;
  });
  const table = renderTable(dense, countHeaderRows(dense));
  if (table === null) return [];
  const last = rows.at(-1) ?? first;
  const from = cellName(first.index, columns[0] ?? 0);
  const range = `${from}:${cellName(last.index, columns.at(-1) ?? 0)}`;
  return [{ kind: 'heading', level: 2, text: range }, table];
}

function findColumns(rows: readonly SheetRow[]): number[] {
  const used = new Set<number>();
  for (const row of rows) for (const { column } of row.cells) used.add(column);
  return [...used].sort((a, b) => a - b);
}

/** `cellName(0, 27)` is `AB1`. */
export function cellName(row: number, column: number): string {
  let letters = '';
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return `${letters}${row + 1}`;
}
