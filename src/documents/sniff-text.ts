/**
 * Tells text from binary data, and the text formats from each other. Structure decides where it is strong (HTML, XML,
 * mail); otherwise the name's extension does; without a telling name, weak structure (tables, headings) does.
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
  tsv: { mediaType: 'text/csv' },
  tab: { mediaType: 'text/csv' },
  html: { mediaType: 'text/html' },
  htm: { mediaType: 'text/html' },
  xhtml: { mediaType: 'text/html' },
  txt: { mediaType: 'text/plain' },
  text: { mediaType: 'text/plain' },
  log: { mediaType: 'text/plain' },
  json: { unsupported: 'JSON data' },
  jsonl: { unsupported: 'JSON data' },
  ndjson: { unsupported: 'JSON data' },
  ipynb: { unsupported: 'a Jupyter notebook' },
  xml: { unsupported: 'an XML document' },
  eml: { unsupported: 'an e-mail' },
  mbox: { unsupported: 'a mailbox' },
  ics: { unsupported: 'a calendar' },
  vcf: { unsupported: 'an address card' },
};

/** Names that promise an office format: when the bytes are text, only their structure can say which. */
const OFFICE_EXTENSIONS = new Set(['', 'pdf', 'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'odt', 'ods', 'rtf']);

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
  const root = skipProlog(text);
  if (/^<(?:!doctype\s+html|html|head|body)\b/i.test(root)) return { mediaType: 'text/html' };
  const named = TEXT_EXTENSIONS[extension];
  if (named !== undefined) return named;
  if (/^\s*<\?xml\b/.test(text) || /^<(?:!doctype\s|svg\b)/i.test(root)) return { unsupported: 'an XML document' };
  if (!OFFICE_EXTENSIONS.has(extension)) return { mediaType: 'text/plain' };
  if (extension === 'pdf' && /\b(?:trailer|startxref|xref|\d+ \d+ obj)\b/.test(text)) {
    return { mediaType: 'application/pdf' };
  }
  return classifyByStructure(text, root, extension);
}

function classifyByStructure(text: string, root: string, extension: string): Sniffed {
  const lines = text.split(/\r\n?|\n/, 200);
  if (/^<(?:div|p|h[1-6]|table|meta|title|style|script|span|center|ul|ol)\b/i.test(root))
    return { mediaType: 'text/html' };
  if (isMail(lines)) return { unsupported: 'an e-mail' };
  if (/^[[{]/.test(root) && isJson(text)) return { unsupported: 'JSON data' };
  if (isTable(lines)) return { mediaType: 'text/csv' };
  if (lines.some((line) => /^(?:#{1,6} \S|```|\|(?: ?:?-+:? ?\|)+)/.test(line))) return { mediaType: 'text/markdown' };
  return extension === 'pdf' || extension === 'docx' ? { unsupported: 'plain text' } : { mediaType: 'text/plain' };
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

/** RFC 5322: the file begins with header fields, and at least two of them are ones that only mail has. */
function isMail(lines: readonly string[]): boolean {
  let telling = 0;
  for (const line of lines) {
    if (line === '') break;
    if (/^(?:message-id|mime-version|received|return-path|delivered-to|from|to|date|subject):/i.test(line)) telling++;
    else if (!/^(?:[!-9;-~]{1,80}:|[ \t])/.test(line)) return false;
  }
  return telling >= 3;
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

/** Three or more lines, each with the same number of the same delimiter; one comma a line is common in prose. */
function isTable(lines: readonly string[]): boolean {
  const filled = lines.slice(0, 50).filter((line) => line.trim() !== '');
  if (filled.length < 3) return false;
  return (
    [
      [',', 2],
      [';', 1],
      ['\t', 1],
    ] as const
  ).some(([delimiter, least]) => {
    const counts = filled.slice(0, -1).map((line) => countOutsideQuotes(line, delimiter));
    return (counts[0] ?? 0) >= least && counts.every((count) => count === counts[0]);
  });
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
