/**
 * Blobs as files under one root: `<root>/ab/cd/<key with % for />`, the two folders from the key's SHA-256 so that no
 * folder grows large. A blob appears whole or not at all: bytes go to `<root>/.incoming`, are synced to disk, and are
 * renamed to their place. Nothing here is encrypted or deduplicated; keys are the caller's.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../../../domain/errors.js';
import type { BlobStore } from '../../../domain/ports/blob-store.js';

/** A blob store with what only a disk needs. */
export interface DiskBlobStore extends BlobStore {
  /**
   * Removes half-written files that a killed process left, older than `olderThanMs`; returns how many. Younger ones may
   * belong to another process of the same installation.
   */
  removeLeftovers(olderThanMs?: number): Promise<number>;
}

const INCOMING = '.incoming';
const MAX_KEY_LENGTH = 200;
const LEFTOVER_AGE_MS = 60 * 60 * 1000;

/** The store in folder `folder`, which is made when first needed. */
export function createDiskBlobStore(folder: string): DiskBlobStore {
  const root = resolve(folder);
  return {
    putFile: (key, path) => putFile(root, key, path),
    async putBytes(key, bytes) {
      await throughIncoming(root, key, (incoming) => writeFile(incoming, bytes));
    },
    async read(key) {
      return readFile(pathOf(root, key)).catch((error: unknown) => Promise.reject(toStorageError(error)));
    },
    async open(key, range) {
      const path = pathOf(root, key);
      if ((await statOrNull(path)) === null) throw notFound();
      return streamOf(path, range);
    },
    async size(key) {
      return (await statOrNull(pathOf(root, key)))?.size ?? null;
    },
    async remove(key) {
      return removeBlob(pathOf(root, key));
    },
    list: () => listKeys(root),
    removeLeftovers: (olderThanMs = LEFTOVER_AGE_MS) => removeLeftovers(join(root, INCOMING), olderThanMs),
  };
}

/**
 * Where a key lies. A key is one or more parts of `a-z0-9_-.`, joined by `/`, at most 200 characters; `/` becomes `%`,
 * which no key can hold, so the way back is unique and no part is ever a folder.
 * @throws AppError `internal_error` for any other key: keys are made by us, so it is our fault
 */
function pathOf(root: string, key: string): string {
  const valid = key.length <= MAX_KEY_LENGTH && key.split('/').every((part) => /^(?!\.{1,2}$)[a-z0-9_.-]+$/.test(part));
  if (!valid || key.includes('..')) throw new AppError('internal_error', 'The key of a stored file is not valid.');
  const hash = createHash('sha256').update(key).digest('hex');
  return join(root, hash.slice(0, 2), hash.slice(2, 4), key.replaceAll('/', '%'));
}

/** Within one file system a rename, across two a copy. The given file stays where it is until the blob is safe. */
async function putFile(root: string, key: string, path: string): Promise<void> {
  const target = pathOf(root, key);
  try {
    await syncFile(path);
    await settle(path, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw toStorageError(error);
    await throughIncoming(root, key, (incoming) => copyFile(path, incoming));
    await unlink(path).catch(() => undefined);
  }
}

async function throughIncoming(root: string, key: string, fill: (incoming: string) => Promise<void>): Promise<void> {
  const target = pathOf(root, key);
  const incoming = join(root, INCOMING, randomUUID());
  try {
    await mkdir(dirname(incoming), { recursive: true });
    await fill(incoming);
    await syncFile(incoming);
    await settle(incoming, target);
  } catch (error) {
    await rm(incoming, { force: true }).catch(() => undefined);
    throw toStorageError(error);
  }
}

/** Renames a synced file to its place and makes the name durable: a new entry is safe once its folder is synced. */
async function settle(from: string, target: string): Promise<void> {
  const firstMade = await mkdir(dirname(target), { recursive: true });
  await rename(from, target);
  const top = firstMade === undefined ? dirname(target) : dirname(firstMade);
  for (let folder = dirname(target); ; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === top || folder === dirname(folder)) return;
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.sync().finally(() => handle.close());
}

async function syncFolder(path: string): Promise<void> {
  // Windows has no handle on a folder that could be synced.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

/** Opens the file only when somebody reads, so that a stream nobody wanted holds no descriptor. */
async function* streamOf(path: string, range?: { start: number; end: number }): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, range) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw toStorageError(error);
  }
}

async function statOrNull(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw toStorageError(error);
  }
}

async function removeBlob(path: string): Promise<boolean> {
  try {
    await unlink(path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw toStorageError(error);
  }
}

async function listKeys(root: string): Promise<string[]> {
  const keys: string[] = [];
  for (const outer of await namesIn(root)) {
    if (outer === INCOMING) continue;
    for (const inner of await namesIn(join(root, outer))) {
      const names = await namesIn(join(root, outer, inner));
      keys.push(...names.map((name) => name.replaceAll('%', '/')));
    }
  }
  return keys.sort();
}

async function removeLeftovers(incoming: string, olderThanMs: number): Promise<number> {
  let removed = 0;
  for (const name of await namesIn(incoming)) {
    const path = join(incoming, name);
    const file = await statOrNull(path);
    if (file === null || Date.now() - file.mtimeMs < olderThanMs) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw toStorageError(error);
  }
}

function notFound(): AppError {
  return new AppError('not_found', 'The stored file does not exist.');
}

function toStorageError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return notFound();
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError('storage_full', 'The disk of the data directory is full.', { cause: error });
  }
  return new AppError('storage_unavailable', 'The files of the data directory cannot be reached.', { cause: error });
}
