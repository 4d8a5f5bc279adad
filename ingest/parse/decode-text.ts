/**
 * Bytes -> text when no one says the encoding: byte order marks, UTF-8 by validity, UTF-16/32 by their zero bytes,
 * everything else by letter statistics (chardet). A declared encoding (HTML meta) comes before the statistics.
 */
import chardet from 'chardet';
import iconv from 'iconv-lite';
import { detectUnicodeEncoding } from '../../src/domain/text/detect-unicode-encoding.js';
import { cleanText } from './clean-text.js';

/** `text` is clean (see `cleanText`); `encoding` is the name of what was decoded, in lower case. */
export interface DecodedText {
  text: string;
  encoding: string;
}

/** chardet's cost grows with its input, and 64 kB of the lines that differ between encodings decide as well as all. */
const SAMPLE_BYTES = 65_536;

/** HTML wants the declaration in the first 1,024 bytes; pages have it later. */
const DECLARATION_BYTES = 4096;

/** Broken sequences per valid one above which bytes are not taken for (damaged) UTF-8. */
const MAX_BROKEN_SHARE = 0.1;

/**
 * Names that chardet and web pages use -> the superset that real files use under that name (as in the WHATWG Encoding
 * Standard, section 4.2), so that the bytes 0x80-0x9F give quotes and euro signs instead of controls.
 */
const SUPERSETS: Record<string, string> = {
  ascii: 'windows-1252',
  'us-ascii': 'windows-1252',
  latin1: 'windows-1252',
  'iso-8859-1': 'windows-1252',
  'iso-8859-9': 'windows-1254',
  'iso-8859-11': 'windows-874',
  'tis-620': 'windows-874',
  shift_jis: 'cp932',
  'shift-jis': 'cp932',
  sjis: 'cp932',
  'euc-kr': 'cp949',
  ks_c_5601: 'cp949',
  gb2312: 'gb18030',
  gbk: 'gb18030',
};

/** Decodes a whole text file. `declared` is an encoding that the text itself names. Linear in the size. */
export function decodeText(bytes: Uint8Array, declared?: string): DecodedText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const unicode = detectUnicodeEncoding(buffer);
  const encoding = unicode?.encoding ?? chooseEncoding(buffer, declared);
  return { text: cleanText(decodeAs(buffer.subarray(unicode?.bomLength ?? 0), encoding)), encoding };
}

/** The encoding that `<meta charset>`, `<meta http-equiv>` or an XML declaration in the first bytes names, as written. */
export function findDeclaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, DECLARATION_BYTES)).toString(
    'latin1',
  );
  return /(?:charset|\bencoding)\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{2,40})/i.exec(head)?.[1];
}

function chooseEncoding(buffer: Buffer, declared: string | undefined): string {
  const isStateful = buffer.includes('\x1b$') || buffer.includes('\x1b(');
  if (!isStateful && isMostlyUtf8(buffer)) return 'utf-8';
  const named = declared === undefined ? null : knownEncoding(declared);
  if (named !== null && named !== 'utf-8' && !named.startsWith('utf-16')) return named;
  const sample = sampleOf(buffer, isStateful);
  for (const { name } of chardet.analyse(sample)) {
    const known = knownEncoding(name);
    // Valid UTF-8 was taken above, and UTF-16 and UTF-32 have zero bytes.
    if (known !== null && !known.startsWith('utf-')) return known;
  }
  return 'windows-1252';
}

/** The name of a decoder for `name`, or null when there is none. */
function knownEncoding(name: string): string | null {
  const lower = name.trim().toLowerCase();
  const wide = SUPERSETS[lower] ?? lower;
  if (iconv.encodingExists(wide)) return wide;
  try {
    return new TextDecoder(wide).encoding;
  } catch {
    return null;
  }
}

function decodeAs(buffer: Buffer, encoding: string): string {
  if (encoding === 'utf-8') return new TextDecoder('utf-8').decode(buffer);
  if (iconv.encodingExists(encoding)) return iconv.decode(buffer, encoding, { stripBOM: true });
  return new TextDecoder(encoding).decode(buffer);
}

/** Valid UTF-8 (ASCII included), or UTF-8 with a few broken bytes: cut off, or joined from several sources. */
function isMostlyUtf8(buffer: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(buffer);
    return true;
  } catch {
    const { valid, broken } = countSequences(buffer);
    return valid > 0 && broken <= Math.max(valid * MAX_BROKEN_SHARE, valid >= 4 ? 1 : 0);
  }
}

/** Multi-byte sequences of UTF-8 (RFC 3629) that are whole, and bytes above 0x7F that belong to none. */
function countSequences(buffer: Buffer): { valid: number; broken: number } {
  let valid = 0;
  let broken = 0;
  let at = 0;
  while (at < buffer.length) {
    const lead = buffer[at] ?? 0;
    const length =
      lead < 0x80
        ? 1
        : lead >= 0xc2 && lead < 0xe0
          ? 2
          : lead >= 0xe0 && lead < 0xf0
            ? 3
            : lead >= 0xf0 && lead < 0xf5
              ? 4
              : 0;
    let followers = 0;
    while (followers < length - 1 && ((buffer[at + 1 + followers] ?? 0) & 0xc0) === 0x80) followers++;
    const isWhole = length > 0 && followers === length - 1;
    if (isWhole && length > 1) valid++;
    if (!isWhole) broken++;
    at += isWhole ? length : 1;
  }
  return { valid, broken };
}

/** The lines that hold bytes above 0x7F (all lines for encodings that switch by escape), up to the sample size. */
function sampleOf(buffer: Buffer, isStateful: boolean): Buffer {
  if (buffer.length <= SAMPLE_BYTES || isStateful) return buffer.subarray(0, SAMPLE_BYTES);
  const parts: Buffer[] = [];
  let size = 0;
  let at = 0;
  while (at < buffer.length && size < SAMPLE_BYTES) {
    while (at < buffer.length && (buffer[at] ?? 0) < 0x80) at++;
    const start = Math.max(0, at - 20);
    const newline = buffer.indexOf(10, at);
    const end = Math.min(newline < 0 ? buffer.length : newline + 1, at + 4096);
    parts.push(buffer.subarray(start, end));
    size += end - start;
    at = Math.max(end, at + 1);
  }
  return Buffer.concat(parts).subarray(0, SAMPLE_BYTES);
}
