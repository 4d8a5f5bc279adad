/**
 * Tells text from binary data, and the text formats from each other. Structure decides where it is strong (HTML, MIME
 * mail); otherwise the name's extension does, if the content agrees with it; without a telling name, weak structure
 * (tables, headings) does.
 */
import type { DetectedUnicode } from '../domain/text/detect-unicode-encoding.js';
import type { Sniffed } from './supported-media-types.js';

/** Share of control bytes that text may hold: stray ones occur in exports of old programs. */
const MAX_CONTROL_SHARE = 0.02;

const TEXT_EXTENSIONS: Record<string, Sniffed> = {
  md: { mediaType: 'text/markdown' },
  markdown: { mediaType: 'text/markdown' },
  mdown: { mediaType: 'text/markdown' },
  mkd: { mediaType: 'text/markdown' },
  csv: { mediaType: 'text/csv' },
  html: { mediaType: 'text/html' },
  htm: { mediaType: 'text/html' },
  xhtml: { mediaType: 'text/html' },
  txt: { mediaType: 'text/plain' },
  text: { mediaType: 'text/plain' },
  log: { mediaType: 'text/plain' },
  ipynb: { unsupported: 'a Jupyter notebook' },
  mbox: { unsupported: 'a mailbox' },
  ics: { unsupported: 'a calendar' },
  vcf: { unsupported: 'an address card' },
};

/** Names that promise an office format: when the bytes are text, only their structure can say which. */
const OFFICE_EXTENSIONS = new Set([
  ...['', 'pdf', 'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'odt', 'ods', 'odp', 'rtf'],
]);
/** Of those, the ones that we read and that are never text: prose under such a name is a mistake. */
const NEVER_TEXT = new Set(['pdf', 'docx', 'xlsx', 'pptx', 'odt', 'ods', 'odp']);

/** Names that do not say more than that it is text: mail saved under them is still mail. */
const PLAIN_EXTENSIONS = new Set(['', 'txt', 'text', 'log']);

/** True when the bytes read as text in some 8-bit encoding or UTF-8: hardly any control characters. */
export function looksLikeText(head: Uint8Array): boolean {
  let controls = 0;
  for (const byte of head) {
    // Tab, line feed, form feed, carriage return and escape (ISO-2022 encodings) belong to text.
    if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27) controls++;
  }
  return controls <= head.length * MAX_CONTROL_SHARE;
}

/** True when text that was decoded from a Unicode encoding is no binary data in disguise. */
export function isReadable(text: string): boolean {
  const odd = text.match(/[\p{Cn}\p{Co}\uFFFD]|(?![\t\n\f\r])\p{Cc}/gu)?.length ?? 0;
  // One odd character is always allowed: the head may end within a character.
  return odd <= 1 + text.length * MAX_CONTROL_SHARE;
}

/** The beginning of a file as characters, good enough to see its structure: ASCII is exact, the rest may be wrong. */
export function decodeHead(head: Uint8Array, unicode: DetectedUnicode | null): string {
  const body = head.subarray(unicode?.bomLength ?? 0);
  switch (unicode?.encoding) {
    case 'utf-16le':
    case 'utf-16be':
    case 'utf-8':
      return new TextDecoder(unicode.encoding).decode(body);
    case 'utf-32le':
    case 'utf-32be': {
      const low = unicode.encoding === 'utf-32le' ? 0 : 3;
      return Buffer.from(body.filter((_byte, index) => index % 4 === low)).toString('latin1');
    }
    default:
      return Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  }
}

/** Which text format it is. `extension` as in the name, lower case, '' for none. */
export function classifyText(text: string, extension: string): Sniffed {
  const sample: Sample = { text, root: skipProlog(text), lines: text.trimStart().split(/\r\n?|\n/, 200) };
  if (/^<(?:!doctype\s+html|html|head|body)\b/i.test(sample.root)) return { mediaType: 'text/html' };
  const claimed = checkClaim(sample, extension);
  if (claimed !== null) return claimed;
  const named = TEXT_EXTENSIONS[extension];
  if (PLAIN_EXTENSIONS.has(extension) && isMimeMail(sample.lines)) return { mediaType: 'message/rfc822' };
  if (named !== undefined) return named;
  if (/^<svg\b/i.test(sample.root)) return { unsupported: 'an SVG picture' };
  if (isXml(sample) || /^<!doctype\s/i.test(sample.root)) return { mediaType: 'application/xml' };
  if (!OFFICE_EXTENSIONS.has(extension)) return { mediaType: 'text/plain' };
  if (extension === 'pdf' && /\b(?:trailer|startxref|xref|\d+ \d+ obj)\b/.test(text)) {
    return { mediaType: 'application/pdf' };
  }
  return classifyByStructure(sample, extension);
}

/** The beginning of a file: all of it, what follows its prolog, and its first lines. */
interface Sample {
  text: string;
  root: string;
  lines: string[];
}

/** What the name says, when the content begins like that; null when it does not, or when the name says nothing. */
function checkClaim(sample: Sample, extension: string): Sniffed | null {
  switch (extension) {
    case 'json':
    case 'geojson':
    case 'jsonl':
    case 'ndjson':
      return /^[[{]/.test(sample.root) || isJson(sample.text) ? { mediaType: 'application/json' } : null;
    case 'xml':
      return isXml(sample) || /^<[\p{L}_!]/u.test(sample.root) ? { mediaType: 'application/xml' } : null;
    case 'eml':
    case 'mht':
    case 'mhtml':
      return countMailFields(sample.lines) > 0 ? { mediaType: 'message/rfc822' } : null;
    case 'tsv':
    case 'tab':
      return { mediaType: sample.text.includes('\t') ? 'text/tab-separated-values' : 'text/csv' };
    default:
      return null;
  }
}

function isXml({ text }: Sample): boolean {
  return /^\s*<\?xml\b/.test(text);
}

function classifyByStructure({ text, root, lines }: Sample, extension: string): Sniffed {
  if (/^<(?:div|p|h[1-6]|table|meta|title|style|script|span|center|ul|ol)\b/i.test(root))
    return { mediaType: 'text/html' };
  if (countMailFields(lines) >= 3) return { mediaType: 'message/rfc822' };
  if (/^[[{]/.test(root) && (isJson(text) || isJsonLines(lines))) return { mediaType: 'application/json' };
  const delimiter = findDelimiter(lines);
  if (delimiter !== null) return { mediaType: delimiter === '\t' ? 'text/tab-separated-values' : 'text/csv' };
  if (lines.some((line) => /^(?:#{1,6} \S|```|\|(?: ?:?-+:? ?\|)+)/.test(line))) return { mediaType: 'text/markdown' };
  return NEVER_TEXT.has(extension) ? { unsupported: 'plain text' } : { mediaType: 'text/plain' };
}

/** The text behind white space, comments and an XML declaration; 300 characters are enough to see a tag. */
function skipProlog(text: string): string {
  let at = 0;
  for (;;) {
    while (at < text.length && /[\s\uFEFF]/.test(text.charAt(at))) at++;
    const closing = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '>' : null;
    if (closing === null) return text.slice(at, at + 300);
    const end = text.indexOf(closing, at);
    if (end < 0) return '';
    at = end + closing.length;
  }
}

const MAIL_FIELD = /^(?:message-id|mime-version|received|return-path|delivered-to|from|to|date|subject|content-type):/i;

/** RFC 5322: how many of the header fields at the beginning are ones that mail has; 0 when it does not begin with fields. */
function countMailFields(lines: readonly string[]): number {
  let count = 0;
  for (const [index, line] of lines.entries()) {
    if (line === '') break;
    // Mail that was cut out of a mailbox begins with its dividing line.
    if (index === 0 && line.startsWith('From ')) continue;
    if (MAIL_FIELD.test(line)) count++;
    else if (!/^(?:[!-9;-~]{1,80}:|[ \t])/.test(line)) return 0;
  }
  return count;
}

/** Memos have senders and subjects, too; only programs that send mail write the version of MIME. */
function isMimeMail(lines: readonly string[]): boolean {
  const end = lines.indexOf('');
  const header = lines.slice(0, end < 0 ? lines.length : end);
  return countMailFields(lines) >= 3 && header.some((line) => /^mime-version:/i.test(line));
}

/** The first two lines are objects. */
function isJsonLines(lines: readonly string[]): boolean {
  const first = lines.filter((line) => line.trim() !== '').slice(0, 2);
  return first.length === 2 && first.every((line) => /^\s*\{/.test(line) && isJson(line));
}

/** Whole values only: a head that is cut off counts when it begins like an object with a quoted key. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return text.length > 60_000 && /^\s*(?:\[\s*)?\{\s*"/.test(text);
  }
}

/** How often a line of a table has the delimiter at least; one comma a line is common in prose. */
const DELIMITERS: readonly [delimiter: string, least: number][] = [
  [',', 2],
  [';', 1],
  ['\t', 1],
];

/** The delimiter that three or more lines all have equally often; null when there is none. */
function findDelimiter(lines: readonly string[]): string | null {
  const filled = lines.slice(0, 50).filter((line) => line.trim() !== '');
  if (filled.length < 3) return null;
  const found = DELIMITERS.find(([delimiter, least]) => {
    const counts = filled.slice(0, -1).map((line) => countOutsideQuotes(line, delimiter));
    return (counts[0] ?? 0) >= least && counts.every((count) => count === counts[0]);
  });
  return found?.[0] ?? null;
}

function countOutsideQuotes(line: string, delimiter: string): number {
  let count = 0;
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === delimiter && !isQuoted) count++;
  }
  return count;
}
