/**
 * Delimiter-separated tables. Stored as one Markdown table, because a model reads rows and columns from it and a chunk
 * can carry the header rows along. The delimiter is found, quotes are honoured while they make sense.
 */
import { type Options, parse } from 'csv-parse/sync';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { assembleBlocks, createUnpagedDocument } from './assemble-document.js';
import { decodeText } from './decode-text.js';
import type { ParserInput } from './parser.js';
import { countHeaderRows, renderTable } from './render-table.js';

const DELIMITERS = [',', ';', '\t', '|'] as const;
const SAMPLE_CHARACTERS = 65_536;
const SAMPLE_LINES = 50;

/** Reads a CSV file in whatever encoding it is. Never throws for its content. */
export async function parseCsv(input: ParserInput): Promise<ParsedDocument> {
  const { text } = decodeText(input.bytes);
  return tabulate(text, detectDelimiter(text));
}

/** Reads a file whose cells are divided by tabs, in whatever encoding it is. Never throws for its content. */
export async function parseTsv(input: ParserInput): Promise<ParsedDocument> {
  return tabulate(decodeText(input.bytes).text, '\t');
}

function tabulate(text: string, delimiter: string): ParsedDocument {
  const rows = readRows(text, delimiter);
  const table = renderTable(rows, countHeaderRows(rows));
  const assembled = assembleBlocks(table === null ? [] : [table]);
  return createUnpagedDocument(null, assembled.text, assembled.blocks);
}

function readRows(text: string, delimiter: string): string[][] {
  const options: Options = {
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    record_delimiter: '\n',
  };
  try {
    return parse(text, options) as unknown as string[][];
  } catch {
    // A quote that is never closed: then quotes are ordinary characters here.
    return parse(text, { ...options, quote: null }) as unknown as string[][];
  }
}

/** The delimiter that divides the first lines most evenly: most lines with the same count, then the higher count. */
export function detectDelimiter(text: string): string {
  // "sep=;" is how Excel marks its own exports.
  const declared = /^sep=(.)(?:\n|$)/.exec(text)?.[1];
  if (declared !== undefined) return declared;
  const lines = text.slice(0, SAMPLE_CHARACTERS).split('\n', SAMPLE_LINES);
  let best: { delimiter: string; score: number } = { delimiter: ',', score: 0 };
  for (const delimiter of DELIMITERS) {
    const score = scoreDelimiter(lines, delimiter);
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

function scoreDelimiter(lines: readonly string[], delimiter: string): number {
  const linesByCount = new Map<number, number>();
  for (const line of lines) {
    const count = countOutsideQuotes(line, delimiter);
    if (count > 0) linesByCount.set(count, (linesByCount.get(count) ?? 0) + 1);
  }
  let score = 0;
  for (const [count, times] of linesByCount) score = Math.max(score, times + Math.min(count, 99) / 100);
  return score;
}

function countOutsideQuotes(line: string, delimiter: string): number {
  let count = 0;
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '"') isQuoted = !isQuoted;
    else if (line[at] === delimiter && !isQuoted) count++;
  }
  return count;
}
