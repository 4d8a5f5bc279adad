import { readFile, rm } from 'node:fs/promises';
import { AppError } from '../../src/domain/errors.js';
import type { BlobStore } from '../../src/domain/ports/blob-store.js';

/** A blob store in memory that can be told to be full. */
export interface FakeBlobStore extends BlobStore {
  /** While true every put throws `storage_full`. */
  setFull(full: boolean): void;
}

/** Keeps copies of the bytes; checks keys no further than that they have text. */
export function createFakeBlobStore(): FakeBlobStore {
  const blobs = new Map<string, Uint8Array>();
  let isFull = false;

  function need(key: string): Uint8Array {
    const bytes = blobs.get(key);
    if (bytes === undefined) throw new AppError('not_found', 'The stored file does not exist.');
    return bytes;
  }

  function put(key: string, bytes: Uint8Array): void {
    if (isFull) throw new AppError('storage_full', 'There is no space left.');
    if (!/^[a-z0-9_.-]+(\/[a-z0-9_.-]+)*$/.test(key) || key.includes('..')) {
      throw new AppError('internal_error', 'The key of a stored file is not valid.');
    }
    blobs.set(key, Uint8Array.from(bytes));
  }

  return {
    setFull(full) {
      isFull = full;
    },
    async putFile(key, path) {
      put(key, await readFile(path));
      await rm(path);
    },
    putBytes: async (key, bytes) => put(key, bytes),
    read: async (key) => Uint8Array.from(need(key)),
    async open(key, range) {
      const bytes = need(key);
      const part = range === undefined ? bytes : bytes.slice(range.start, range.end + 1);
      return (async function* () {
        if (part.length > 0) yield part;
      })();
    },
    size: async (key) => blobs.get(key)?.length ?? null,
    remove: async (key) => blobs.delete(key),
    list: async () => [...blobs.keys()].sort(),
  };
}
