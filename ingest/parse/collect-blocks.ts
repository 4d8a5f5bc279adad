/** Gathers running text, headings and list items into blocks, in the order in which a walker meets them. */
import type { PendingBlock } from './assemble-document.js';
import { joinLines } from './clean-text.js';
import { needsCaret } from './html-text.js';

/** A heading longer than this is a page whose heading was never closed. */
const MAX_HEADING_CHARACTERS = 300;
const MAX_INDENT = 12;

/** Takes what a walker meets; `finish` gives the blocks and ends its use. */
export interface BlockCollector {
  /** Running text; white space collapses, across calls too. */
  addText(data: string): void;
  addLineBreak(): void;
  /** What follows is raised: see `needsCaret`. */
  markSuperscript(): void;
  /** Ends the line of running text, and gives it to the heading, list item or paragraph it belongs to. */
  closeLine(): void;
  /** A block that is complete: a table, a piece of code. */
  addBlock(block: PendingBlock): void;
  openHeading(level: number): void;
  closeHeading(): void;
  openList(isOrdered: boolean, start: number): void;
  openItem(): void;
  closeList(): void;
  finish(): PendingBlock[];
}

/** A collector without any block. */
export function createBlockCollector(): BlockCollector {
  const blocks: PendingBlock[] = [];
  const line = createLine();
  const list = createListLines();
  let headingLevel: number | null = null;

  function flushList(): void {
    const text = list.take();
    if (text !== null) blocks.push({ kind: 'list', text });
  }

  function closeLine(): void {
    const text = line.take();
    if (text === '') return;
    if (list.depth() > 0 && headingLevel === null) {
      list.addLine(text);
      return;
    }
    flushList();
    if (headingLevel !== null && text.length <= MAX_HEADING_CHARACTERS) {
      blocks.push({ kind: 'heading', level: headingLevel, text: joinLines(text) });
      return;
    }
    // Two line breaks in a row are how old pages divide paragraphs.
    for (const paragraph of text.split(/\n{2,}/)) blocks.push({ kind: 'paragraph', text: paragraph.trim() });
  }

  function changeHeading(level: number | null): void {
    closeLine();
    headingLevel = level;
  }

  return {
    addText: line.add,
    addLineBreak: line.addBreak,
    markSuperscript: line.markSuperscript,
    closeLine,
    addBlock(block) {
      closeLine();
      flushList();
      blocks.push(block);
    },
    openHeading: changeHeading,
    closeHeading: () => changeHeading(null),
    openList(isOrdered, start) {
      closeLine();
      list.open(isOrdered, start);
    },
    openItem() {
      closeLine();
      list.openItem();
    },
    closeList() {
      closeLine();
      if (list.close() === 0) flushList();
    },
    finish() {
      closeLine();
      flushList();
      return blocks;
    },
  };
}

/** One line of running text in the making. */
function createLine() {
  let parts: string[] = [];
  // The last characters of the line; a line end when it is empty.
  let last = '\n';
  let isRaised = false;
  return {
    add(data: string): void {
      let text = data.replace(/[\s\u00A0]+/g, ' ');
      if ((last === ' ' || last === '\n') && text.startsWith(' ')) text = text.slice(1);
      if (text === '') return;
      if (isRaised && text !== ' ') {
        if (needsCaret(last, text)) parts.push('^');
        isRaised = false;
      }
      parts.push(text);
      last = text.endsWith(' ') ? ' ' : text.slice(-2);
    },
    addBreak(): void {
      if (last === ' ') parts.push(parts.pop()?.trimEnd() ?? '');
      parts.push('\n');
      last = '\n';
    },
    markSuperscript(): void {
      isRaised = true;
    },
    take(): string {
      const text = parts.join('').trim();
      parts = [];
      last = '\n';
      isRaised = false;
      return text;
    },
  };
}

/** The lines of the list that is open, with the lists that are nested in it. */
function createListLines() {
  const open: { isOrdered: boolean; next: number }[] = [];
  let lines: string[] = [];
  let marker: string | null = null;
  return {
    depth: () => open.length,
    open(isOrdered: boolean, start: number): void {
      open.push({ isOrdered, next: start });
    },
    openItem(): void {
      const list = open.at(-1);
      marker = list?.isOrdered === true ? `${list.next++}. ` : '- ';
    },
    addLine(text: string): void {
      const indent = '  '.repeat(Math.min(open.length - 1, MAX_INDENT));
      lines.push(`${indent}${marker ?? '  '}${joinLines(text)}`);
      marker = null;
    },
    /** Closes the innermost list; gives how many remain open. */
    close(): number {
      open.pop();
      marker = null;
      return open.length;
    },
    /** The lines so far as one text, or null when there are none. */
    take(): string | null {
      const text = lines.length === 0 ? null : lines.join('\n');
      lines = [];
      return text;
    },
  };
}
