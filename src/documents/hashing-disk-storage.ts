import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageEngine } from 'multer';
import { writeHashed } from './accept-file.js';

/** A storage engine for one request. */
export interface HashingDiskStorage {
  engine: StorageEngine;
  /** Takes no further part and removes every file of the request that is still where it was written. */
  discard(): Promise<void>;
}

/**
 * A multer storage engine: streams each part to a file with a name of ours in `directory`, counting and hashing on the
 * way; nothing is held in memory. `onTooLarge` is called as soon as a part grows beyond multer's `fileSize`; multer itself
 * would first read the body to its end, however long it is.
 */
export function createHashingDiskStorage(directory: string, onTooLarge: () => void): HashingDiskStorage {
  const paths = new Set<string>();
  let discarded = false;
  const engine: StorageEngine = {
    _handleFile(_request, file, callback) {
      if (discarded) {
        file.stream.resume();
        return callback(new Error('the request was refused'));
      }
      const path = join(directory, `upload-${randomUUID()}`);
      paths.add(path);
      file.stream.once('limit', onTooLarge);
      writeHashed(file.stream, path).then(
        (stored) => (discarded ? callback(new Error('the request was refused')) : callback(null, stored)),
        (error: unknown) => callback(error),
      );
    },
    _removeFile(_request, file, callback) {
      rm(file.path, { force: true }).then(() => callback(null), callback);
    },
  };
  return {
    engine,
    async discard() {
      discarded = true;
      await Promise.all([...paths].map((path) => rm(path, { force: true })));
    },
  };
}
