/**
 * Cuts a text into bounded pieces. Segmenters, tokenizers and Unicode normalisation cost more than linear time on long
 * runs without a break, so everything in this folder looks at one bounded piece at a time.
 */

/** A stretch of a text: UTF-16 offsets, `end` exclusive. */
export interface TextSpan {
  start: number;
  end: number;
}

const WHITESPACE = /\s/u;
const JOINING = /^(?:\p{M}|\p{Emoji_Modifier}|\u200d)/u;
/** How far a cut may move back to spare a combining sequence; longer sequences are not text. */
const MAX_SEQUENCE = 32;

/**
 * Consecutive pieces of at most `maxLength` (at least 2) code units that cover `text[start..end)`. A piece ends behind
 * the last white space that fits, or else at a safe place (see {@link safeCut}). Linear in the text.
 */
export function* sliceText(text: string, maxLength: number, within?: TextSpan): Generator<TextSpan> {
  let start = within?.start ?? 0;
  const end = within?.end ?? text.length;
  while (end - start > maxLength) {
    const cut = lastBreak(text, start, start + maxLength);
    yield { start, end: cut };
    start = cut;
  }
  if (start < end) yield { start, end };
}

function lastBreak(text: string, start: number, limit: number): number {
  for (let index = limit; index > start; index -= 1) {
    if (WHITESPACE.test(text.charAt(index - 1))) return index;
  }
  return safeCut(text, start, limit);
}

/**
 * The last offset in (`start`, `limit`] that splits neither a surrogate pair nor a base character from its combining
 * marks, joiners or modifiers. A sequence of more than 32 units is cut between two code points all the same.
 */
export function safeCut(text: string, start: number, limit: number): number {
  const lowest = Math.max(start + 1, limit - MAX_SEQUENCE);
  for (let index = limit; index >= lowest; index -= 1) {
    if (!splitsPair(text, index) && !splitsSequence(text, index)) return index;
  }
  return splitsPair(text, limit) && limit - 1 > start ? limit - 1 : limit;
}

/** True when `index` lies between the two halves of a surrogate pair. */
export function splitsPair(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}

function splitsSequence(text: string, index: number): boolean {
  if (text.charCodeAt(index - 1) === 0x200d) return true;
  const next = text.codePointAt(index);
  return next !== undefined && next >= 0x300 && JOINING.test(String.fromCodePoint(next));
}
