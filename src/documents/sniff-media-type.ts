/**
 * Says what a file is, from its bytes and structure. The name only breaks ties among text formats (Markdown, CSV,
 * HTML, JSON, XML, mail, plain text), because bytes cannot tell those apart for certain.
 * Reads at most about 1.3 MB of a file of any size; decodes nothing beyond that, inflates nothing, trusts nothing.
 */
import { open } from 'node:fs/promises';
import { fileTypeFromBuffer } from 'file-type';
import { AppError } from '../domain/errors.js';
import { detectUnicodeEncoding } from '../domain/text/detect-unicode-encoding.js';
import { type ByteSource, describeCompoundFile, describeZip } from './sniff-container.js';
import { classifyText, decodeHead, isReadable, looksLikeText } from './sniff-text.js';
import { type Sniffed, SUPPORTED_MEDIA_TYPES, type SupportedMediaType } from './supported-media-types.js';

/** A whole file in memory, or the path of one on disk (preferred: only the needed ranges are read). */
export type SniffInput = { bytes: Uint8Array; filename: string } | { path: string; filename: string };

const HEAD_BYTES = 65_536;

/** Extensions that claim a format we read; a claim that the bytes break is a `type_mismatch`. */
const CLAIMING_EXTENSIONS = new Set([
  ...[
    'pdf',
    'docx',
    'pptx',
    'xlsx',
    'odt',
    'ods',
    'odp',
    'rtf',
    'epub',
    'eml',
    'json',
    'jsonl',
    'xml',
    'html',
    'htm',
    'xhtml',
    'md',
    'markdown',
    'csv',
    'tsv',
    'txt',
    'text',
  ],
]);

/** Names of the kinds that people upload most; anything else is described by its media type. */
const BINARY_KINDS: readonly [prefix: string, kind: string][] = [
  ['image/', 'a picture'],
  ['audio/', 'a sound recording'],
  ['video/', 'a video'],
  ['font/', 'a font'],
  ['application/x-msdownload', 'a program'],
  ['application/x-elf', 'a program'],
  ['application/x-mach-binary', 'a program'],
  ['application/gzip', 'a compressed archive'],
  ['application/x-bzip2', 'a compressed archive'],
  ['application/x-xz', 'a compressed archive'],
  ['application/x-7z-compressed', 'a compressed archive'],
  ['application/x-rar-compressed', 'a compressed archive'],
  ['application/x-tar', 'an archive'],
  ['application/postscript', 'a PostScript document'],
  ['application/x-sqlite3', 'a database'],
];

/**
 * The media type of a file.
 *
 * @throws AppError `document_empty` (no bytes), `password_required` (encrypted Office file), `corrupt` (container cut
 *         off), `type_mismatch` (the name claims a format we read, the bytes are something we do not read),
 *         `unsupported_media_type` (anything else we do not read; the sentence names the kind)
 */
export async function sniffMediaType(input: SniffInput): Promise<{ mediaType: SupportedMediaType }> {
  if ('bytes' in input) return sniffSource(memorySource(input.bytes), input.filename);
  const handle = await open(input.path, 'r');
  try {
    const { size } = await handle.stat();
    const read = async (start: number, length: number) => {
      const wanted = Math.max(0, Math.min(length, size - start));
      const buffer = Buffer.alloc(wanted);
      const { bytesRead } = await handle.read(buffer, 0, wanted, start);
      return buffer.subarray(0, bytesRead);
    };
    return await sniffSource({ size, read }, input.filename);
  } finally {
    await handle.close();
  }
}

function memorySource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: async (start, length) => bytes.subarray(start, start + length) };
}

async function sniffSource(source: ByteSource, filename: string): Promise<{ mediaType: SupportedMediaType }> {
  if (source.size === 0) throw new AppError('document_empty', 'The file is empty.');
  const extension = extensionOf(filename);
  const head = await source.read(0, HEAD_BYTES);
  const found = (await sniffBinary(source, head, extension)) ?? sniffText(head, extension) ?? (await nameBinary(head));
  if ('mediaType' in found) return { mediaType: found.mediaType };
  throw refuse(found.unsupported, extension);
}

/** Formats with a signature of their own; null when there is none. */
async function sniffBinary(source: ByteSource, head: Uint8Array, extension: string): Promise<Sniffed | null> {
  if (startsWith(head, '%PDF-') || startsWith(head, '\xef\xbb\xbf%PDF-')) return { mediaType: 'application/pdf' };
  // Readers accept a PDF header behind up to 1,024 bytes of rubbish (ISO 32000-1, annex H, note 13).
  const opening = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 1024)).toString('latin1');
  const isClaimed = extension === 'pdf' || (extension === '' && / obj\b/.test(opening));
  if (opening.includes('%PDF-') && (isClaimed || !looksLikeText(head))) return { mediaType: 'application/pdf' };
  if (startsWith(head, 'PK\x03\x04') || startsWith(head, 'PK\x05\x06')) return describeZip(source, head);
  if (startsWith(head, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) return describeCompoundFile(source);
  if (/^(?:\xef\xbb\xbf)?\s*\{\\rtf/.test(opening)) return { mediaType: 'application/rtf' };
  if (startsWith(head, '%!PS')) return { unsupported: 'a PostScript document' };
  return null;
}

function sniffText(head: Uint8Array, extension: string): Sniffed | null {
  const unicode = detectUnicodeEncoding(head);
  if (unicode === null && !looksLikeText(head)) return null;
  const text = decodeHead(head, unicode);
  if (unicode !== null && !isReadable(text)) return null;
  return classifyText(text, extension);
}

/** Bytes that are neither text nor a container we know. */
async function nameBinary(head: Uint8Array): Promise<Sniffed> {
  const type = await recogniseBinary(head);
  if (type === null) return { unsupported: 'binary data of an unknown kind' };
  const kind = BINARY_KINDS.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 'a file';
  return { unsupported: `${kind} (${type})` };
}

async function recogniseBinary(head: Uint8Array): Promise<string | null> {
  try {
    return (await fileTypeFromBuffer(head.subarray(0, 8192)))?.mime ?? null;
  } catch {
    return null;
  }
}

function startsWith(bytes: Uint8Array, signature: string): boolean {
  for (let index = 0; index < signature.length; index++) {
    if (bytes[index] !== signature.charCodeAt(index)) return false;
  }
  return true;
}

/** Lower case, without the dot; '' when the name has none. Dots and spaces that some systems drop at the end do not count. */
function extensionOf(filename: string): string {
  const name = filename.slice(-300).trimEnd();
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end--;
  const dot = name.lastIndexOf('.', end - 1);
  const extension = dot < 0 ? '' : name.slice(dot + 1, end).toLowerCase();
  return /^[a-z0-9]{1,12}$/.test(extension) ? extension : '';
}

function refuse(kind: string, extension: string): AppError {
  if (CLAIMING_EXTENSIONS.has(extension)) {
    return new AppError('type_mismatch', `The name ends in .${extension}, but the content is ${kind}.`);
  }
  const names = Object.values(SUPPORTED_MEDIA_TYPES);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return new AppError('unsupported_media_type', `This is ${kind}, which cannot be read. Supported are ${list}.`);
}
