/** Paragraphs, lists, headings and tables of RTF, in the order in which they end. */
import type { PendingBlock } from './assemble-document.js';
import { cleanText, joinLines } from './clean-text.js';
import { countHeaderRows, renderTable } from './render-table.js';

/** A heading longer than this is a paragraph in the wrong style. */
const MAX_HEADING_CHARACTERS = 300;

/** What a paragraph is, known at its end. */
export interface RtfParagraph {
  text: string;
  /** "1." or a bullet, '' for none. */
  marker: string;
  /** 1..6, or null for running text. */
  headingLevel: number | null;
  isInTable: boolean;
}

/** Takes what ends; `finish` gives the blocks. */
export interface RtfBlocks {
  endParagraph(paragraph: RtfParagraph): void;
  /** Ends the cell, with the text that stands behind its last paragraph. */
  endCell(text: string): void;
  endRow(): void;
  /** A block that follows the paragraph or table in which it stands: a text box. */
  addBehind(blocks: readonly PendingBlock[]): void;
  finish(): PendingBlock[];
}

/** Without any block. */
export function createRtfBlocks(): RtfBlocks {
  const blocks: PendingBlock[] = [];
  let behind: PendingBlock[] = [];
  let list: string[] = [];
  let rows: string[][] = [];
  let row: string[] = [];
  let cell: string[] = [];

  function endList(): void {
    if (list.length > 0) blocks.push({ kind: 'list', text: list.join('\n') });
    list = [];
  }

  function endTable(): void {
    endRow();
    // A list that is open began before the table.
    if (rows.length > 0) endList();
    const table = rows.length === 0 ? null : renderTable(rows, countHeaderRows(rows));
    if (table !== null) blocks.push(table);
    rows = [];
  }

  function endRow(): void {
    if (cell.length > 0) endCell('');
    if (row.length > 0) rows.push(row);
    row = [];
  }

  function endCell(text: string): void {
    row.push([...cell, tidy(text)].filter((part) => part !== '').join(' '));
    cell = [];
  }

  function placeBehind(): void {
    for (const block of behind) blocks.push(block);
    behind = [];
  }

  return {
    endRow,
    endCell,
    endParagraph({ text, marker, headingLevel, isInTable }) {
      const tidied = tidy(text);
      if (isInTable) {
        if (tidied !== '') cell.push(tidied);
        return;
      }
      if (rows.length + row.length + cell.length > 0) endTable();
      const isHeading = headingLevel !== null && tidied.length <= MAX_HEADING_CHARACTERS;
      if (tidied !== '' && marker !== '' && !isHeading) {
        list.push(`${/[\p{L}\p{N}]/u.test(marker) ? marker : '-'} ${joinLines(tidied)}`);
      } else if (tidied !== '') {
        endList();
        const numbered = marker === '' ? tidied : `${marker} ${tidied}`;
        if (isHeading) blocks.push({ kind: 'heading', level: headingLevel, text: joinLines(numbered) });
        else blocks.push({ kind: 'paragraph', text: numbered });
      }
      if (behind.length > 0) endList();
      placeBehind();
    },
    addBehind(more) {
      for (const block of more) behind.push(block);
    },
    finish() {
      endTable();
      endList();
      placeBehind();
      return blocks;
    },
  };
}

/** Clean text without white space at the ends of its lines. */
export function tidy(text: string): string {
  const lines = cleanText(text).split('\n');
  return lines
    .map((line) => line.replace(/[ \t\u00A0]+/g, ' ').trim())
    .join('\n')
    .trim();
}
