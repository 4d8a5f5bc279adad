/**
 * One spelling for search: what a reader takes for the same word becomes the same string. Used for terms and vectors
 * only; stored text and offsets are never touched by it.
 */

/** Soft hyphen, zero-width and bidi controls, word joiner, BOM, variation selectors, tag characters (hidden text). */
const INVISIBLE = characterClass(
  String.raw`\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164`,
  String.raw`\ufe00-\ufe0f\ufeff\uffa0\u{1bca0}-\u{1bca3}\u{e0000}-\u{e0fff}`,
);

/** Marks that readers leave out: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels and tatweel. */
const OPTIONAL_MARKS = characterClass(
  String.raw`\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670`,
  String.raw`\u06d6-\u06dc`,
);

/** Any of the characters, all of them in a text. */
function characterClass(...ranges: string[]): RegExp {
  return new RegExp(`[${ranges.join('')}]`, 'gu');
}

/** Letters that do not decompose but are typed as others (Arabic as in Lucene's ArabicNormalizer). */
const FOLDED: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
  ς: 'σ',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
  '’': "'",
  '‘': "'",
  ʼ: "'",
};
const FOLDED_LETTERS = characterClass(...Object.keys(FOLDED));

/** Zero of every block of ten decimal digits in common use, so that digits of all scripts are one. */
const DIGIT_ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
  0x17e0, 0x1810,
];
const FOREIGN_DIGITS = /(?![0-9])\p{Nd}/gu;
const PLAIN_ASCII = /^\p{ASCII}*$/u;

/** The text without characters that nobody sees: soft hyphens, zero-width, bidi and tag characters. Linear. */
export function dropInvisible(text: string): string {
  return PLAIN_ASCII.test(text) ? text : text.replace(INVISIBLE, '');
}

/**
 * NFKC, lower case, invisible characters dropped, optional diacritics dropped, decimal digits of all scripts as ASCII.
 * Idempotent. Give it bounded pieces (see slice-text.ts): Unicode normalisation of a long run of marks is quadratic.
 */
export function normaliseText(text: string): string {
  if (PLAIN_ASCII.test(text)) return text.toLowerCase();
  return dropInvisible(text.normalize('NFKC'))
    .toLowerCase()
    .normalize('NFD')
    .replace(OPTIONAL_MARKS, '')
    .normalize('NFC')
    .replace(FOLDED_LETTERS, (letter) => FOLDED[letter] ?? letter)
    .replace(FOREIGN_DIGITS, asciiDigit);
}

function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) as number;
  const zero = DIGIT_ZEROS.find((candidate) => code >= candidate && code < candidate + 10);
  return zero === undefined ? digit : String(code - zero);
}
