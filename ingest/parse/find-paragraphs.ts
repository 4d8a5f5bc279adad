/** Paragraphs of plain text: stretches between empty lines. Linear. */
import type { Block } from '../../src/domain/parsed-document.js';

/** Paragraph blocks of `text`: from the first character of a line to the last visible one before an empty line. */
export function findParagraphs(text: string): Block[] {
  const blocks: Block[] = [];
  let start = -1;
  let end = 0;
  const close = () => {
    if (start >= 0) blocks.push({ kind: 'paragraph', start, end });
    start = -1;
  };
  for (const line of splitLines(text)) {
    if (line.isEmpty) close();
    else {
      if (start < 0) start = line.start;
      end = line.end;
    }
  }
  close();
  return blocks;
}

/** A line of a text: offsets without its line end and without white space behind the last visible character. */
export interface Line {
  start: number;
  end: number;
  isEmpty: boolean;
}

/** The lines of `text`, which has only `\n` as line end. */
export function splitLines(text: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  while (start <= text.length) {
    const newline = text.indexOf('\n', start);
    const stop = newline < 0 ? text.length : newline;
    const end = start + text.slice(start, stop).trimEnd().length;
    lines.push({ start, end, isEmpty: end === start });
    start = stop + 1;
  }
  return lines;
}
