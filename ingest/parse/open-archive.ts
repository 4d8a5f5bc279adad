/**
 * A ZIP archive in memory, read part by part. Sizes, ratio and count are checked against limits before and while
 * inflating, so that a bomb costs nothing; names are only keys, never paths on disk.
 */
import { inflateRawSync } from 'node:zlib';
import { AppError } from '../../src/domain/errors.js';
import type { ParseLimits } from './parser.js';

/** Parts by name. */
export interface Archive {
  has(name: string): boolean;
  /**
   * The inflated part.
   * @throws AppError `corrupt` (also when there is no such part), `inflated_too_large`, `password_required`
   */
  read(name: string): Buffer;
}

interface Entry {
  flags: number;
  method: number;
  compressedSize: number;
  size: number;
  headerOffset: number;
}

const END_RECORD_BYTES = 22;
/** Above this size, an archive that shrinks by more than this factor is a bomb: XML shrinks 5 to 50 times. */
const RATIO_FREE_BYTES = 10 * 1024 * 1024;
const MAX_RATIO = 200;

/**
 * Reads the directory of a ZIP archive (APPNOTE.TXT 6.3.10; no ZIP64, no encryption).
 * @throws AppError `corrupt`, `inflated_too_large`
 */
export function openArchive(bytes: Uint8Array, limits: ParseLimits): Archive {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries = readDirectory(buffer, limits);
  let budget = limits.maxInflatedBytes;
  return {
    has: (name) => entries.has(name),
    read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw damaged();
      const part = inflateEntry(buffer, entry, budget);
      budget -= part.length;
      return part;
    },
  };
}

function readDirectory(buffer: Buffer, limits: ParseLimits): Map<string, Entry> {
  const end = buffer.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + END_RECORD_BYTES > buffer.length) throw damaged();
  const entries = new Map<string, Entry>();
  let total = 0;
  let at = end - buffer.readUInt32LE(end + 12);
  if (at < 0) throw damaged();
  while (at + 46 <= end && buffer.readUInt32LE(at) === 0x02014b50) {
    const nameLength = buffer.readUInt16LE(at + 28);
    const name = buffer.toString('utf8', at + 46, at + 46 + nameLength);
    const entry = readEntry(buffer, at);
    total += entry.size;
    entries.set(name, entry);
    if (entries.size > limits.maxArchiveEntries) {
      throw new AppError('inflated_too_large', `The file holds more than ${limits.maxArchiveEntries} parts.`);
    }
    at += 46 + nameLength + buffer.readUInt16LE(at + 30) + buffer.readUInt16LE(at + 32);
  }
  if (total > RATIO_FREE_BYTES && total > buffer.length * MAX_RATIO) throw tooLarge();
  return entries;
}

function readEntry(buffer: Buffer, at: number): Entry {
  return {
    flags: buffer.readUInt16LE(at + 8),
    method: buffer.readUInt16LE(at + 10),
    compressedSize: buffer.readUInt32LE(at + 20),
    size: buffer.readUInt32LE(at + 24),
    headerOffset: buffer.readUInt32LE(at + 42),
  };
}

function inflateEntry(buffer: Buffer, entry: Entry, budget: number): Buffer {
  if ((entry.flags & 1) !== 0) throw new AppError('password_required', 'The file is protected by a password.');
  if (entry.size > budget) throw tooLarge();
  const header = entry.headerOffset;
  if (header + 30 > buffer.length || buffer.readUInt32LE(header) !== 0x04034b50) throw damaged();
  const start = header + 30 + buffer.readUInt16LE(header + 26) + buffer.readUInt16LE(header + 28);
  const data = buffer.subarray(start, start + entry.compressedSize);
  if (entry.method === 0) return data;
  if (entry.method !== 8) throw damaged();
  try {
    // The declared size may lie: inflating stops at what is left of the budget.
    return inflateRawSync(data, { maxOutputLength: Math.max(1, budget) });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw damaged();
  }
}

function damaged(): AppError {
  return new AppError('corrupt', 'The file is damaged: a part of it is missing or cannot be unpacked.');
}

function tooLarge(): AppError {
  return new AppError('inflated_too_large', 'The file unpacks to far more than is allowed.');
}
