/** The spellings of sentence addresses that models produce, and nothing else: no streaming, no lookup. */
import type { Address } from '../ground/ground-passages.js';

/** Longest stretch between brackets that can still be a list of addresses. */
export const MAX_BRACKET_LENGTH = 240;
/** A range that names more sentences than this is not a pointer any more. */
const MAX_RANGE = 40;

const REFERENCE =
  /^(?:(?:passage|sentence|source|p|s)\.?\s*)?\^?(\d{1,4})\.(\d{1,4})(?:\s*[-–—]\s*(?:(\d{1,4})\.)?(\d{1,4}))?$/i;
const SEPARATOR = /\s*(?:[,;，；、&]|\band\b|\bund\b|\bet\b|\by\b)\s*/i;
const FORGED_MARKER = /^\^?\s*\d{1,4}(?:\s*[-–—,;]\s*\d{1,4})*$/;

/**
 * The addresses in the inside of a bracket: `2.3`, `2.3, 4.1`, `2.3-5`, `2.3-2.5`, `^2.3`, `2.3†source`.
 * Null when the inside is something else. A range that runs backwards, over two passages or too far gives its ends only.
 */
export function parseAddresses(inside: string): Address[] | null {
  const bare = inside.normalize('NFKC').replace(/†.*$/s, '').trim();
  if (bare === '' || bare.length > MAX_BRACKET_LENGTH) return null;
  const addresses: Address[] = [];
  for (const part of bare.replace(/^\^/, '').split(SEPARATOR)) {
    const match = REFERENCE.exec(part.trim());
    if (match === null) return null;
    addresses.push(...expandRange(match));
  }
  return addresses;
}

function expandRange([, passageText, fromText, otherPassageText, toText]: RegExpExecArray): Address[] {
  const passage = Number(passageText);
  const from = Number(fromText);
  if (toText === undefined) return [{ passage, sentence: from }];
  const otherPassage = otherPassageText === undefined ? passage : Number(otherPassageText);
  const to = Number(toText);
  if (otherPassage !== passage || to < from || to - from > MAX_RANGE) {
    return [
      { passage, sentence: from },
      { passage: otherPassage, sentence: to },
    ];
  }
  return Array.from({ length: to - from + 1 }, (_, index) => ({ passage, sentence: from + index }));
}

/** True for `[1]`, `[^2]`, `[1, 2]`: it looks like one of our markers but the writer does not hand those out. */
export function isForgedMarker(inside: string): boolean {
  return FORGED_MARKER.test(inside.normalize('NFKC').trim());
}
