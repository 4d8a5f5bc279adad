/** Rows of cells -> a Markdown pipe table (GitHub Flavored Markdown, section 4.10). Linear in the number of cells. */
import type { PendingBlock } from './assemble-document.js';
import { joinLines } from './clean-text.js';

/** Columns beyond this are joined into the last one: no real table has them, and padding to them costs. */
const MAX_COLUMNS = 1_000;

/** A cell's text on one line, its pipes escaped. */
function renderCell(cell: string): string {
  return joinLines(cell).replace(/\|/g, '\\|');
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Rows without the columns that are empty in all of them, nor empty rows. `headerRows` counts rows that remain. */
function dropEmpty(rows: readonly string[][], headerRows: number): { rows: string[][]; headerRows: number } {
  const used: boolean[] = [];
  for (const row of rows) {
    for (let column = 0; column < row.length; column++) if (row[column] !== '') used[column] = true;
  }
  const kept: string[][] = [];
  let keptHeaders = 0;
  for (const [index, row] of rows.entries()) {
    if (!row.some((cell) => cell !== '')) continue;
    if (index < headerRows) keptHeaders++;
    kept.push(row.filter((_cell, column) => used[column] === true));
  }
  return { rows: kept, headerRows: keptHeaders };
}

/**
 * A table block, or null when no cell holds text. The first row is always a header row, as Markdown has it; with
 * `headerRows` > 1 the others follow the delimiter row, and all of them are counted in `headerLength`.
 */
export function renderTable(cells: readonly string[][], headerRows = 1): PendingBlock | null {
  const cleaned = cells.map((row) => {
    const wide =
      row.length > MAX_COLUMNS ? [...row.slice(0, MAX_COLUMNS - 1), row.slice(MAX_COLUMNS - 1).join(' ')] : row;
    return wide.map(renderCell);
  });
  const { rows, headerRows: keptHeaders } = dropEmpty(cleaned, headerRows);
  const [first, ...rest] = rows;
  if (first === undefined) return null;
  const width = rows.reduce((widest, row) => Math.max(widest, row.length), 0);
  const padded = [...first, ...Array<string>(width - first.length).fill('')];
  const delimiter = `|${' --- |'.repeat(width)}`;
  const lines = [renderRow(padded), delimiter, ...rest.map(renderRow)];
  const headerLines = 1 + Math.max(1, keptHeaders);
  const headerLength = lines.slice(0, headerLines).reduce((sum, line) => sum + line.length + 1, 0);
  return { kind: 'table', text: lines.join('\n'), headerLength };
}

/**
 * One header row, or two when the first does not name all columns and the second completes it: a title over the table
 * (only its first cell is filled), or a group row with sub-headings under it (the second begins empty, without numbers).
 */
export function countHeaderRows(rows: readonly string[][]): number {
  const [first, second] = rows;
  if (first === undefined || second === undefined || rows.length < 3) return 1;
  const filled = first.filter((cell) => cell.trim() !== '').length;
  const isTitle = first.length > 1 && filled === 1 && second.every((cell) => cell.trim() !== '');
  const isGroup = filled < first.length && second[0]?.trim() === '' && !second.some((cell) => /\d/.test(cell));
  return isTitle || isGroup ? 2 : 1;
}
