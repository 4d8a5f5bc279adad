/**
 * Text to search terms: words by Unicode segmentation (dictionary-based for Chinese, Japanese, Thai and their like),
 * parts of codes, numbers in one spelling, and character n-grams that find inflected, compound and misspelt words.
 * It counts and weighs nothing (see analyse-terms.ts).
 */
import { normaliseText } from './normalise-text.js';
import { sliceText } from './slice-text.js';

/** `word`: as written; `part`: piece of a code; `gram`: characters of a word; `ideograms`: neighbouring han, kana, … */
export type TermKind = 'word' | 'part' | 'gram' | 'ideograms';

/** Receives every term occurrence, in reading order. Grams carry a leading `~`, so that they never equal a word. */
export type TermSink = (term: string, kind: TermKind) => void;

/** Longest term in code units; the rest of a longer word is not searchable. */
export const MAX_TERM_LENGTH = 64;

/**
 * Letters a gram, with `^` and `$` for the ends of the word. 4 is the best single length over European languages
 * (McNamee & Mayfield 2004) and was on XQuAD (en, de, ar) against 3, 5, and the first 4 or 5 letters.
 */
const GRAM_LENGTH = 4;
/** Shorter words have no grams: they hold little but stop words. */
const GRAM_MIN_LETTERS = 4;
/** Units of text given to the segmenter at once. */
const SLICE_LENGTH = 1000;
const HAS_DIGIT = /\d/;
const CODE_JOINER = /^[-/._#:+&(]$/;
const WORD_JOINER = /['._]+/;
/** Fiscal and calendar years of two digits: "FY18". */
const SHORT_YEAR = /^[fc]y(\d{2})$/;
const CODE_PARTS = /\p{L}+|\d+/gu;
/** Scripts written without spaces between words: neighbours of two are indexed beside the dictionary's words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const UNSPACED_RUN =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{M}]+/gu;
const SURROGATE = /[\ud800-\udfff]/;
const HANGUL = /\p{sc=Hangul}/u;

const segmenters = new Map<string, Intl.Segmenter>();

function segmenterFor(language: string | undefined): Intl.Segmenter {
  const key = language ?? 'und';
  let segmenter = segmenters.get(key);
  if (segmenter === undefined) {
    segmenter = new Intl.Segmenter(key, { granularity: 'word' });
    segmenters.set(key, segmenter);
  }
  return segmenter;
}

/** How a text is taken apart. */
export interface TokeniseOptions {
  /** ISO 639 code that guides the segmentation; without it the script alone decides. */
  language?: string | undefined;
}

/** Sends every term of `text` to `sink`. Linear time. */
export function tokeniseText(text: string, sink: TermSink, { language }: TokeniseOptions = {}): void {
  const segmenter = segmenterFor(language);
  for (const { start, end } of sliceText(text, SLICE_LENGTH)) {
    tokeniseSlice(normaliseText(joinDigitGroups(text.slice(start, end))), segmenter, sink);
  }
}

/** "1 200" with a no-break or thin space between groups of three digits is one number. */
function joinDigitGroups(text: string): string {
  return text.replace(/(?<=\d)[\u00a0\u2009\u202f'’](?=\d{3}(?!\d))/gu, '');
}

function tokeniseSlice(text: string, segmenter: Intl.Segmenter, sink: TermSink): void {
  let run: string[] = [];
  let joiner = '';
  const flush = () => {
    if (run.length > 1) sendCode(run.join(''), sink);
    run = [];
    joiner = '';
  };
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (isWordLike === true) {
      if (run.length > 0 && joiner !== '') run.push(joiner, segment);
      else {
        flush();
        run = [segment];
      }
      joiner = '';
      sendWord(segment, sink);
    } else if (run.length > 0 && joiner === '' && CODE_JOINER.test(segment)) joiner = segment;
    else flush();
  }
  flush();
  if (UNSPACED.test(text)) sendNeighbours(text, sink);
}

/** A code such as "ab-1024/7" or "12(3", whole: its pieces have been sent as words. */
function sendCode(code: string, sink: TermSink): void {
  if (HAS_DIGIT.test(code) && code.length <= MAX_TERM_LENGTH) sink(code, 'part');
}

function sendWord(segment: string, sink: TermSink): void {
  const word = segment.slice(0, MAX_TERM_LENGTH);
  if (HAS_DIGIT.test(word)) {
    sendNumeric(word, sink);
    return;
  }
  const pieces = word.split(WORD_JOINER).filter((piece) => piece !== '');
  const main = mainPiece(pieces);
  if (main === '') return;
  sink(main, 'word');
  if (pieces.length > 1) {
    for (const piece of new Set([pieces.join(''), ...pieces])) {
      if (piece !== main && piece.length > 1) sink(piece, 'part');
    }
  }
  if (!UNSPACED.test(main)) sendGrams(main, sink);
}

/** The word that carries the meaning: "homme" of "l'homme", "company" of "company's", all letters of "u.s". */
function mainPiece(pieces: string[]): string {
  if (pieces.every((piece) => piece.length === 1)) return pieces.join('');
  return pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest), '');
}

function sendNumeric(word: string, sink: TermSink): void {
  const [number, ...others] = spellNumber(word);
  if (number !== undefined) {
    sink(number, 'word');
    for (const other of others) sink(other, 'part');
    return;
  }
  sink(word, 'word');
  const parts = word.match(CODE_PARTS) ?? [];
  if (parts.length > 1) for (const part of parts) sink(part, 'part');
  const year = SHORT_YEAR.exec(word)?.[1];
  if (year !== undefined) sink(Number(year) < 70 ? `20${year}` : `19${year}`, 'part');
}

/**
 * The plain spellings of a number with separators: "1,200" is 1200; "3,5" is 3.5; "1.200", which is 1200 in some
 * countries and 1.2 in others, is both as written and 1200. Empty when it is not such a number.
 */
function spellNumber(word: string): string[] {
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(word)) return [word.replaceAll(',', '')];
  if (/^\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?$/.test(word) || /^\d{1,3}(?:\.\d{3})+,\d+$/.test(word)) {
    return [word.replaceAll('.', '').replace(',', '.')];
  }
  if (/^\d{1,3}\.\d{3}$/.test(word)) return [word, word.replace('.', '')];
  if (/^\d+,\d+$/.test(word)) return [word.replace(',', '.')];
  return /^\d+(?:\.\d+)?$/.test(word) ? [word] : [];
}

/** Overlapping letters of a word; hangul by twos, since a syllable block holds two to three letters. */
function sendGrams(word: string, sink: TermSink): void {
  const hangul = HANGUL.test(word);
  if (word.length < (hangul ? 2 : GRAM_MIN_LETTERS)) return;
  const length = hangul ? 2 : GRAM_LENGTH;
  const framed = hangul ? word : `^${word}$`;
  if (SURROGATE.test(framed)) {
    const letters = Array.from(framed);
    for (let at = 0; at + length <= letters.length; at += 1)
      sink(`~${letters.slice(at, at + length).join('')}`, 'gram');
    return;
  }
  for (let at = 0; at + length <= framed.length; at += 1) sink(`~${framed.slice(at, at + length)}`, 'gram');
}

/** Every two neighbouring letters of scripts without spaces, and a lone one by itself. */
function sendNeighbours(text: string, sink: TermSink): void {
  for (const [run] of text.matchAll(UNSPACED_RUN)) {
    const letters = run.match(/\P{M}\p{M}*/gu) ?? [];
    if (letters.length === 1) sink(`~${letters[0]}`, 'ideograms');
    for (let index = 0; index + 1 < letters.length; index += 1) {
      sink(`~${letters[index]}${letters[index + 1]}`, 'ideograms');
    }
  }
}
