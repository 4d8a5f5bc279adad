/**
 * Sentences of a text as exact offsets. Works without a model in any language: terminators with a check for
 * abbreviations, initials, decimals and dates; headings, list items and table rows are sentences of their own; lines
 * that are merely wrapped (as PDF text is) are joined.
 */
import { CLOSING_ABBREVIATIONS, MONTHS, OPENING_ABBREVIATIONS, SENTENCE_STARTERS } from './abbreviations.js';
import type { TextSpan } from './slice-text.js';
import { splitLines, startsBlock, type TextLine } from './text-lines.js';

/** How far around a full stop the words are read. */
const WORD_WINDOW = 32;
const TERMINATOR = /[.!?…。．！？｡؟۔।॥։።]+["'”’»›)\]}」』】）]*(?:\[\d{1,3}\])*/gu;
const IDEOGRAPHIC_STOP = /[。．！？｡]/u;
const LAST_WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}.]*$/u;
const NEXT_WORD = /^["'“‘„«‹([{「『¿¡]*([\p{L}\p{N}\p{M}]+)/u;
const WORD_CHARACTER = /[\p{L}\p{N}]/u;

/**
 * The sentences of `text` in order: offsets without surrounding white space, no overlaps. Every letter and digit of the
 * text is in one of them; runs of mere punctuation (rules of a table) are left out. Linear time.
 */
export function splitSentences(text: string): TextSpan[] {
  const sentences: TextSpan[] = [];
  for (const block of splitBlocks(text)) {
    let start = block.start;
    for (const end of sentenceEnds(text, block)) {
      pushTrimmed(sentences, text, { start, end });
      start = end;
    }
    pushTrimmed(sentences, text, { start, end: block.end });
  }
  return sentences;
}

/** Stretches that no sentence crosses: paragraphs, headings, list items, table rows. */
function* splitBlocks(text: string): Generator<TextSpan> {
  let open: TextSpan | null = null;
  let previous: TextLine | null = null;
  for (const line of splitLines(text)) {
    if (line.kind === 'blank' || previous === null || startsBlock(previous, line)) {
      if (open !== null) yield open;
      open = line.kind === 'blank' ? null : { start: line.start, end: line.end };
    } else if (open !== null) open.end = line.end;
    previous = line.kind === 'blank' ? null : line;
  }
  if (open !== null) yield open;
}

function* sentenceEnds(text: string, block: TextSpan): Generator<number> {
  const content = text.slice(block.start, block.end);
  for (const match of content.matchAll(TERMINATOR)) {
    const end = match.index + match[0].length;
    if (endsSentence(content, { start: match.index, end, mark: match[0] })) yield block.start + end;
  }
}

function endsSentence(content: string, stop: { start: number; end: number; mark: string }): boolean {
  if (IDEOGRAPHIC_STOP.test(stop.mark)) return true;
  const after = content.slice(stop.end, stop.end + WORD_WINDOW);
  if (after !== '' && !/^\s/u.test(after)) return false;
  const next = NEXT_WORD.exec(content.slice(stop.end, stop.end + 2 * WORD_WINDOW).trimStart())?.[1] ?? '';
  if (/^\p{Ll}/u.test(next)) return false;
  if (!stop.mark.startsWith('.') || stop.mark.startsWith('..')) return true;
  const before = LAST_WORD.exec(content.slice(Math.max(0, stop.start - WORD_WINDOW), stop.start))?.[0] ?? '';
  return !isAbbreviation(content, { word: before, start: stop.start - before.length, next: next.toLowerCase() });
}

/** True when the full stop behind `word` belongs to the word. */
function isAbbreviation(
  content: string,
  { word, start, next }: { word: string; start: number; next: string },
): boolean {
  const lower = word.toLowerCase();
  if (/^\d{1,3}$/.test(word)) return start === 0 || content[start - 1] === '\n' || MONTHS.has(next);
  if (OPENING_ABBREVIATIONS.has(lower)) return true;
  if (CLOSING_ABBREVIATIONS.has(lower)) return next !== '' && !SENTENCE_STARTERS.has(next);
  const initial = /^\p{Lu}$/u.test(word) || /^(?:\p{L}\.)+\p{L}$/u.test(word);
  return initial && next !== '' && !SENTENCE_STARTERS.has(next);
}

function pushTrimmed(sentences: TextSpan[], text: string, span: TextSpan): void {
  const raw = text.slice(span.start, span.end);
  if (!WORD_CHARACTER.test(raw)) return;
  const start = span.start + (raw.length - raw.trimStart().length);
  sentences.push({ start, end: start + raw.trim().length });
}
