import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageEngine } from 'multer';
import { writeHashed } from './accept-file.js';

/**
 * A multer storage engine: streams each part to a file with a name of ours in `directory`, counting and hashing on the
 * way; nothing is held in memory. A part that is cut off or refused leaves no file.
 * `onTooLarge` is called as soon as a part grows beyond multer's `fileSize`; multer itself would first read the body to its
 * end, however long it is.
 */
export function hashingDiskStorage(directory: string, onTooLarge: () => void): StorageEngine {
  return {
    _handleFile(_request, file, callback) {
      file.stream.once('limit', onTooLarge);
      const path = join(directory, `upload-${randomUUID()}`);
      writeHashed(file.stream, path).then(
        (stored) => callback(null, stored as Partial<Express.Multer.File>),
        (error: unknown) => {
          rm(path, { force: true }).finally(() => callback(error));
        },
      );
    },
    _removeFile(_request, file, callback) {
      rm(file.path, { force: true }).then(() => callback(null), callback);
    },
  };
}
