/**
 * Recognises the Unicode encodings of a run of bytes by its byte order mark or by its pattern of zero bytes.
 * Does not judge 8-bit encodings and does not decode.
 */

/** Encodings that a byte order mark or zero bytes give away; names as TextDecoder and iconv-lite know them. */
export type UnicodeEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'utf-32le' | 'utf-32be';

/** `bomLength` is the number of bytes to skip before the text. */
export interface DetectedUnicode {
  encoding: UnicodeEncoding;
  bomLength: number;
}

/** Longest first: the UTF-32LE mark begins with the UTF-16LE one. */
const BYTE_ORDER_MARKS: readonly [UnicodeEncoding, readonly number[]][] = [
  ['utf-32le', [0xff, 0xfe, 0x00, 0x00]],
  ['utf-32be', [0x00, 0x00, 0xfe, 0xff]],
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

const SAMPLE_BYTES = 16_384;

/** Share of impossible characters above which bytes are not taken for UTF-16: random bytes give about 16 %. */
const MAX_BAD_SHARE = 0.02;

/** Share of units that must be ordinary characters for UTF-32; the rest may be symbols of higher planes. */
const MIN_PLAIN_SHARE = 0.8;

const ASCII_CHARACTER = /[\t\n\r\x20-\x7E]/;

/** Characters that real text does not hold: controls, unassigned, private use, lone surrogates. */
const BAD_CHARACTER = /[\p{Cn}\p{Co}\p{Cs}]|(?![\t\n\f\r])\p{Cc}/gu;

/**
 * The Unicode encoding of `bytes`, or null when they carry neither a mark nor the zero bytes of UTF-16/32
 * (that is: plain UTF-8, an 8-bit encoding, or no text at all).
 */
export function detectUnicodeEncoding(bytes: Uint8Array): DetectedUnicode | null {
  for (const [encoding, mark] of BYTE_ORDER_MARKS) {
    if (mark.every((byte, index) => bytes[index] === byte)) return { encoding, bomLength: mark.length };
  }
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  if (sample.length < 4 || !sample.includes(0)) return null;
  const encoding = detectUtf32(sample) ?? detectUtf16(sample);
  return encoding === null ? null : { encoding, bomLength: 0 };
}

/** UTF-32: nearly all units are printable characters of the first plane, none is beyond the last plane. */
function detectUtf32(sample: Uint8Array): UnicodeEncoding | null {
  const view = new DataView(sample.buffer, sample.byteOffset, sample.length);
  const units = Math.floor(sample.length / 4);
  for (const encoding of ['utf-32le', 'utf-32be'] as const) {
    let plain = 0;
    let isPossible = true;
    for (let unit = 0; unit < units && isPossible; unit++) {
      const character = view.getUint32(unit * 4, encoding === 'utf-32le');
      isPossible = character <= 0x10ffff;
      if ((character >= 0x20 && character < 0xfffe) || character === 9 || character === 10 || character === 13) plain++;
    }
    if (isPossible && plain >= units * MIN_PLAIN_SHARE) return encoding;
  }
  return null;
}

/** Reads the sample both ways and takes the one that gives text. */
function detectUtf16(sample: Uint8Array): UnicodeEncoding | null {
  // ASCII with stray zero bytes would pass as a row of Chinese characters.
  let zeros = 0;
  let ascii = 0;
  for (const byte of sample) {
    if (byte === 0) zeros++;
    else if (byte < 0x7f && (byte >= 0x20 || byte === 9 || byte === 10 || byte === 13)) ascii++;
  }
  if (zeros < sample.length * 0.2 && ascii > sample.length * 0.9) return null;
  const even = sample.subarray(0, sample.length - (sample.length % 2));
  const little = badShare(even, 'utf-16le');
  const big = badShare(even, 'utf-16be');
  if (Math.min(little, big) > MAX_BAD_SHARE || little === big) return null;
  return little < big ? 'utf-16le' : 'utf-16be';
}

function badShare(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): number {
  const text = new TextDecoder(encoding).decode(bytes);
  // The zero bytes must come from characters that every text has: spaces, line ends, digits.
  if (!ASCII_CHARACTER.test(text)) return 1;
  const bad = text.match(BAD_CHARACTER)?.length ?? 0;
  const replaced = text.split('\uFFFD').length - 1;
  // A pair cut in two by the end of the sample is no fault.
  return (bad + Math.max(0, replaced - 1)) / Math.max(1, text.length);
}
