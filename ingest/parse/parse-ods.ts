/**
 * OpenDocument spreadsheets (.ods and templates): a page per sheet, hidden ones included. Cells give the text they show.
 * The part is scanned, never kept as a tree, and what it says about repeats is bounded.
 */
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument, ParsedPage } from '../../src/domain/parsed-document.js';
import { CONTENT, openOdf, readOdfTitle, readRepeat } from './odf-package.js';
import type { ParserInput } from './parser.js';
import { readXmlPart } from './read-xml-part.js';
import { readAttribute, scanXml, type XmlHandler } from './scan-xml.js';
import {
  cellName,
  createSheetPage,
  MAX_SHEET_COLUMNS,
  MAX_SHEET_ROWS,
  type Sheet,
  type SheetCell,
} from './sheet-page.js';
import { createTextBudget, type TextBudget } from './text-budget.js';

/** Elements inside a sheet whose text is not that of its cells. */
const SKIPPED = new Set([
  'table:tracked-changes',
  'table:shapes',
  'office:forms',
  'draw:frame',
  'office:event-listeners',
]);
const CELLS = new Set(['table:table-cell', 'table:covered-table-cell']);
const SPACES = new Set(['text:s', 'text:tab', 'text:line-break']);
const PARAGRAPHS = new Set(['text:p', 'text:h']);

/**
 * Reads a spreadsheet.
 * @throws AppError `corrupt`, `no_pages`, `password_required`, `entity_expansion`, `inflated_too_large`
 */
export async function parseOds(input: ParserInput): Promise<ParsedDocument> {
  const archive = openOdf(input);
  const budget = createTextBudget(input.limits);
  const pages: ParsedPage[] = [];
  const scanner = createSheetScanner(budget, (sheet) => {
    if (pages.length >= input.limits.maxArchiveEntries) {
      throw new AppError('inflated_too_large', `The file lists more than ${input.limits.maxArchiveEntries} sheets.`);
    }
    const number = pages.length + 1;
    pages.push(createSheetPage({ ...sheet, number, name: sheet.name || `Sheet ${number}` }, budget));
    input.reportProgress?.(number, number);
  });
  scanXml(readXmlPart(archive, CONTENT), scanner);
  if (pages.length === 0) throw new AppError('no_pages', 'The spreadsheet has no sheets.');
  return { title: readOdfTitle(archive), paged: true, pages };
}

/** A cell in the making. */
interface OpenCell {
  column: number;
  repeat: number;
  isCovered: boolean;
  /** What the cell holds when it shows no text. */
  value: string;
  text: string;
}

type FoundSheet = Omit<Sheet, 'number'>;

/** Follows tables, rows and cells; calls `onSheet` at the end of each sheet. Tables inside cells are text of the cell. */
function createSheetScanner(budget: TextBudget, onSheet: (sheet: FoundSheet) => void): XmlHandler {
  const rows = createRowCollector(budget);
  const comments: { where: string; text: string }[] = [];
  let name = '';
  let tables = 0;
  let skipped = 0;
  let cells = 0;
  let cell: OpenCell | null = null;
  let paragraphs = 0;
  let remark: string | null = null;

  function open(element: string, attributes: string): void {
    if (element === 'table:table') {
      if (tables++ === 0) name = (readAttribute(attributes, 'table:name') ?? '').trim();
    } else if (CELLS.has(element)) {
      if (cells++ === 0) cell = openCell(element, attributes, rows.nextColumn());
    } else if (element === 'table:table-row' && cell === null) {
      rows.open(readRepeat(readAttribute(attributes, 'table:number-rows-repeated'), MAX_SHEET_ROWS));
    } else if (element === 'office:annotation') remark = '';
    else if (PARAGRAPHS.has(element)) {
      paragraphs++;
      add(' ');
    } else if (SPACES.has(element)) add(' ');
  }

  function add(data: string): void {
    if (paragraphs === 0 || cell === null) return;
    if (remark === null) cell.text += data;
    else remark += data;
  }

  function close(element: string): void {
    if (element === 'table:table') {
      if (--tables === 0) onSheet({ name, rows: rows.take(), comments: comments.splice(0) });
    } else if (CELLS.has(element)) {
      if (--cells === 0 && cell !== null) rows.addCell(cell);
      if (cells === 0) cell = null;
    } else if (element === 'table:table-row' && cell === null) rows.close();
    else if (element === 'office:annotation') closeRemark();
    else if (PARAGRAPHS.has(element)) paragraphs--;
  }

  function closeRemark(): void {
    const text = tidy(remark ?? '');
    remark = null;
    if (text === '' || cell === null) return;
    budget.spend(text.length);
    comments.push({ where: cellName(rows.index(), cell.column), text });
  }

  return {
    open(element, attributes) {
      if (skipped > 0 || SKIPPED.has(element)) skipped++;
      else open(element, attributes);
    },
    close(element) {
      if (skipped > 0) skipped--;
      else close(element);
    },
    text(data) {
      if (skipped === 0) add(data);
    },
  };
}

function openCell(element: string, attributes: string, column: number): OpenCell {
  const read = (name: string) => readAttribute(attributes, name);
  const value = read('office:string-value') ?? read('office:date-value') ?? read('office:value');
  return {
    column,
    repeat: readRepeat(read('table:number-columns-repeated'), MAX_SHEET_COLUMNS),
    isCovered: element === 'table:covered-table-cell',
    value: value ?? read('office:boolean-value') ?? '',
    text: '',
  };
}

function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Rows of a sheet in the making. Rows that repeat share their cells. */
function createRowCollector(budget: TextBudget) {
  let rows: { index: number; cells: SheetCell[] }[] = [];
  let cells: SheetCell[] = [];
  let index = 0;
  let repeat = 1;
  let column = 0;
  return {
    index: () => index,
    nextColumn: () => column,
    open(times: number): void {
      cells = [];
      column = 0;
      repeat = times;
    },
    addCell(cell: OpenCell): void {
      const text = tidy(cell.text) || tidy(cell.value);
      const end = cell.column + cell.repeat;
      column = Math.min(end, MAX_SHEET_COLUMNS);
      if (text === '' || cell.isCovered) return;
      for (let place = cell.column; place < Math.min(end, MAX_SHEET_COLUMNS); place++) {
        budget.spend(text.length);
        cells.push({ column: place, text });
      }
    },
    close(): void {
      const end = Math.min(index + repeat, MAX_SHEET_ROWS);
      const size = cells.reduce((sum, { text }) => sum + text.length, 0);
      for (let row = index; cells.length > 0 && row < end; row++) {
        if (row > index) budget.spend(size);
        rows.push({ index: row, cells });
      }
      index = end;
      cells = [];
    },
    take() {
      const taken = rows;
      rows = [];
      index = 0;
      return taken;
    },
  };
}
