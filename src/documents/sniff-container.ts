/**
 * Looks into ZIP archives and OLE compound files far enough to name what they hold: entry names only, nothing is
 * inflated. Every read is bounded, whatever the file says about itself.
 */
import { AppError } from '../domain/errors.js';
import type { Sniffed } from './supported-media-types.js';

/** Random access to a file. `read` gives fewer bytes at the end of the file. */
export interface ByteSource {
  size: number;
  read(start: number, length: number): Promise<Uint8Array>;
}

const MAX_DIRECTORY_BYTES = 1024 * 1024;
const END_RECORD_BYTES = 22;
/** End record plus the longest comment (APPNOTE.TXT 4.3.16). */
const MAX_TAIL_BYTES = END_RECORD_BYTES + 0xffff;
const MAX_OLE_SECTORS = 512;

/** Content of the `mimetype` entry -> what it is (EPUB OCF 3.3, OpenDocument 1.3 part 2). */
const MIMETYPE_KINDS: Record<string, string> = {
  'application/epub+zip': 'an EPUB book',
  'application/vnd.oasis.opendocument.text': 'an OpenDocument text',
  'application/vnd.oasis.opendocument.spreadsheet': 'an OpenDocument spreadsheet',
  'application/vnd.oasis.opendocument.presentation': 'an OpenDocument presentation',
};

/** First folder or entry of a ZIP -> what it is; the first that is present wins. */
const ZIP_KINDS: readonly [prefix: string, kind: string][] = [
  ['xl/', 'an Excel workbook (.xlsx)'],
  ['ppt/', 'a PowerPoint presentation (.pptx)'],
  ['visio/', 'a Visio drawing'],
  ['META-INF/container.xml', 'an EPUB book'],
  ['AndroidManifest.xml', 'an Android app'],
  ['META-INF/MANIFEST.MF', 'a Java archive'],
];

/** Stream name of an OLE compound file -> what it is ([MS-DOC], [MS-XLS], [MS-PPT], [MS-OXMSG]). */
const OLE_KINDS: Record<string, string> = {
  WordDocument: 'an old Word document (.doc)',
  Workbook: 'an old Excel workbook (.xls)',
  Book: 'an old Excel workbook (.xls)',
  'PowerPoint Document': 'an old PowerPoint presentation (.ppt)',
  '__properties_version1.0': 'an Outlook message (.msg)',
  VisioDocument: 'an old Visio drawing',
};

/**
 * What a ZIP archive is.
 * @throws AppError `corrupt` when it has no directory: cut off, or damaged at its end
 */
export async function describeZip(source: ByteSource, head: Uint8Array): Promise<Sniffed> {
  const names = await readEntryNames(source);
  const mimetype = readMimetypeEntry(head);
  const openDocument = mimetype === null ? undefined : MIMETYPE_KINDS[mimetype];
  if (openDocument !== undefined) return { unsupported: openDocument };
  if (names.some((name) => name.startsWith('word/'))) {
    return { mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' };
  }
  const kind = ZIP_KINDS.find(([prefix]) => names.some((name) => name.startsWith(prefix)))?.[1];
  return { unsupported: kind ?? 'a ZIP archive' };
}

async function readEntryNames(source: ByteSource): Promise<string[]> {
  const tailStart = Math.max(0, source.size - MAX_TAIL_BYTES);
  const tail = Buffer.from(await source.read(tailStart, MAX_TAIL_BYTES));
  const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + END_RECORD_BYTES > tail.length) {
    throw new AppError('corrupt', 'The file is a ZIP container that is cut off or damaged.');
  }
  const size = tail.readUInt32LE(end + 12);
  const start = Math.max(0, tailStart + end - size);
  const directory = Buffer.from(await source.read(start, Math.min(size, MAX_DIRECTORY_BYTES)));
  const names: string[] = [];
  let at = 0;
  while (at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50) {
    const nameLength = directory.readUInt16LE(at + 28);
    names.push(directory.toString('utf8', at + 46, at + 46 + nameLength));
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return names;
}

/** EPUB and OpenDocument put an uncompressed entry `mimetype` first; its content, or null. */
function readMimetypeEntry(head: Uint8Array): string | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 512));
  if (bytes.length < 38 || bytes.toString('latin1', 30, 38) !== 'mimetype') return null;
  const start = 38 + bytes.readUInt16LE(28);
  return bytes.toString('latin1', start, start + bytes.readUInt32LE(18)).trim();
}

/**
 * What an OLE compound file is ([MS-CFB]).
 * @throws AppError `password_required` for an encrypted Office document: an OOXML package wrapped as `EncryptedPackage`
 */
export async function describeCompoundFile(source: ByteSource): Promise<Sniffed> {
  const names = await readStreamNames(source);
  if (names.includes('EncryptedPackage')) {
    throw new AppError('password_required', 'The Office file is protected by a password.');
  }
  const known = names.find((name) => OLE_KINDS[name] !== undefined);
  return { unsupported: (known === undefined ? undefined : OLE_KINDS[known]) ?? 'an old Office file' };
}

/** Names in the directory of a compound file, as far as its sector chain can be followed. */
async function readStreamNames(source: ByteSource): Promise<string[]> {
  const header = Buffer.alloc(512);
  Buffer.from(await source.read(0, 512)).copy(header);
  const sectorSize = header.readUInt16LE(0x1e) === 12 ? 4096 : 512;
  const readSector = async (sector: number) => Buffer.from(await source.read((sector + 1) * sectorSize, sectorSize));
  const entriesPerSector = sectorSize / 4;
  const names: string[] = [];
  let sector = header.readUInt32LE(0x30);
  for (let steps = 0; steps < MAX_OLE_SECTORS && sector < 0xfffffff0; steps++) {
    names.push(...namesOfSector(await readSector(sector)));
    const tableIndex = Math.floor(sector / entriesPerSector);
    // The header lists the first 109 table sectors; directories of larger files still begin within them.
    if (tableIndex >= 109) break;
    const table = await readSector(header.readUInt32LE(0x4c + tableIndex * 4));
    const next = (sector % entriesPerSector) * 4;
    if (next + 4 > table.length) break;
    sector = table.readUInt32LE(next);
  }
  return names;
}

/** Directory entries are 128 bytes: the name in UTF-16LE, its length in bytes with the final zero at 64. */
function namesOfSector(sector: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + 128 <= sector.length; at += 128) {
    const length = Math.min(64, sector.readUInt16LE(at + 64)) - 2;
    if (length > 0) names.push(sector.toString('utf16le', at, at + length));
  }
  return names;
}
