/**
 * Looks into ZIP archives and OLE compound files far enough to name what they hold: entry names only, nothing is
 * inflated. Every read is bounded, whatever the file says about itself.
 */
import { AppError } from '../domain/errors.js';
import type { Sniffed, SupportedMediaType } from './supported-media-types.js';

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
  'application/vnd.oasis.opendocument.graphics': 'an OpenDocument drawing',
  'application/vnd.oasis.opendocument.formula': 'an OpenDocument formula',
};

/** Content of the `mimetype` entry -> what reads it. Templates and master documents are built like documents. */
const OPEN_DOCUMENT_TYPES: Record<string, SupportedMediaType> = {
  'application/vnd.oasis.opendocument.text': 'application/vnd.oasis.opendocument.text',
  'application/vnd.oasis.opendocument.text-template': 'application/vnd.oasis.opendocument.text',
  'application/vnd.oasis.opendocument.text-master': 'application/vnd.oasis.opendocument.text',
  'application/vnd.oasis.opendocument.text-web': 'application/vnd.oasis.opendocument.text',
  'application/vnd.oasis.opendocument.spreadsheet': 'application/vnd.oasis.opendocument.spreadsheet',
  'application/vnd.oasis.opendocument.spreadsheet-template': 'application/vnd.oasis.opendocument.spreadsheet',
  'application/vnd.oasis.opendocument.presentation': 'application/vnd.oasis.opendocument.presentation',
  'application/vnd.oasis.opendocument.presentation-template': 'application/vnd.oasis.opendocument.presentation',
};

/**
 * Folder of the main part -> the OOXML family (ECMA-376). Templates, slide shows and files with macros are built like the
 * others; only content types differ.
 */
const OOXML_FOLDERS: readonly [folder: string, mediaType: SupportedMediaType][] = [
  ['word/', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xl/', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['ppt/', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
];

/** First folder or entry of a ZIP -> what it is; the first that is present wins. */
const ZIP_KINDS: readonly [prefix: string, kind: string][] = [
  ['visio/', 'a Visio drawing'],
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
  const openDocument = lookUp(OPEN_DOCUMENT_TYPES, mimetype);
  if (openDocument !== undefined) return { mediaType: openDocument };
  // Books packed by hand often lack the first entry, or have it compressed; the container names the rest.
  if (mimetype === 'application/epub+zip' || names.includes('META-INF/container.xml')) {
    return { mediaType: 'application/epub+zip' };
  }
  const known = lookUp(MIMETYPE_KINDS, mimetype);
  if (known !== undefined) return { unsupported: known };
  if (names.includes('xl/workbook.bin')) return { unsupported: 'a binary Excel workbook (.xlsb)' };
  const family = OOXML_FOLDERS.find(([folder]) => names.some((name) => name.startsWith(folder)))?.[1];
  if (family !== undefined) return { mediaType: family };
  const kind = ZIP_KINDS.find(([prefix]) => names.some((name) => name.startsWith(prefix)))?.[1];
  return { unsupported: kind ?? 'a ZIP archive' };
}

/** Own properties only: names come from the file. */
function lookUp<T>(table: Record<string, T>, name: string | null): T | undefined {
  return name !== null && Object.hasOwn(table, name) ? table[name] : undefined;
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
  const known = names.map((name) => lookUp(OLE_KINDS, name)).find((kind) => kind !== undefined);
  return { unsupported: known ?? 'an old Office file' };
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
