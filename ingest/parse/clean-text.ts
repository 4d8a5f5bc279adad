/** Makes decoded text fit to be stored: one kind of line end, nothing invisible that is not text. Linear in its length. */

const LINE_ENDS = /\r\n?|[\v\f\u0085\u2028\u2029]/g;

/**
 * Controls, soft hyphens, byte order marks, interlinear annotation marks, tag characters (they smuggle text that no
 * reader sees), lone surrogates (`\p{Cs}` matches only those in `u` mode) and non-characters.
 */
const NOISE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is the purpose
  /[\x00-\x08\x0E-\x1F\x7F-\x9F\u00AD\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** A variation selector behind a variation selector changes no glyph; runs of them smuggle bytes. */
const SELECTOR_RUNS = /([\uFE00-\uFE0F\u{E0100}-\u{E01EF}])[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]+/gu;

/**
 * Text without NUL, lone surrogates, control noise and hidden characters; line ends become `\n`, tabs stay.
 * Cleaning what is clean changes nothing.
 */
export function cleanText(text: string): string {
  return text.replace(LINE_ENDS, '\n').replace(NOISE, '').replace(SELECTOR_RUNS, '$1');
}

/** The lines of `text` on one line, each without white space at its ends. */
export function joinLines(text: string): string {
  // Not by a pattern like /\s*\n\s*/, which takes quadratic time on a long run of spaces.
  const lines = text.split('\n').map((line) => line.trim());
  return lines.length === 1 ? (lines[0] ?? '') : lines.filter((line) => line !== '').join(' ');
}

/**
 * A title as the file itself gives it, made fit to be shown: one line, at most 300 characters; null when nothing is
 * left, or when it is only what a program writes by default ("Microsoft Word - draft.doc", "untitled").
 */
export function cleanTitle(title: unknown): string | null {
  if (typeof title !== 'string') return null;
  const line = cleanText(title.slice(0, 3000)).replace(/\s+/g, ' ').trim();
  const meant = line.replace(/^microsoft (?:word|powerpoint|excel) - /i, '').slice(0, 300);
  if (/^(?:untitled.{0,4}|document ?\d*|title|\(anonymous\))$/i.test(meant)) return null;
  const wellFormed = cleanText(meant).trim();
  return wellFormed === '' ? null : wellFormed;
}
