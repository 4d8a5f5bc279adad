/**
 * `chroma.json` in the data directory: where our Chroma server listens just now, for the other programs of the same
 * installation (ingest worker, command line) and for the next start, which must end a left-over server first.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.js';
import { isAlive } from '../../processes/process-table.js';

const addressSchema = z.object({ url: z.string(), pid: z.number().int().positive() });

/** Base address without a trailing slash, and the pid of the server. */
export type ChromaAddress = z.infer<typeof addressSchema>;

const fileOf = (dataDirectory: string) => join(dataDirectory, 'chroma.json');

/** Publishes the address; readers see the old file or the new one, never half of it. */
export async function writeChromaAddress(dataDirectory: string, address: ChromaAddress): Promise<void> {
  const temporary = `${fileOf(dataDirectory)}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(address)}\n`);
  await rename(temporary, fileOf(dataDirectory));
}

/** Withdraws the address. */
export async function removeChromaAddress(dataDirectory: string): Promise<void> {
  await rm(fileOf(dataDirectory), { force: true });
}

/** The published address, null when there is none (or a broken one). Its process may be dead: see `isAlive`. */
export async function readChromaAddress(dataDirectory: string): Promise<ChromaAddress | null> {
  try {
    return addressSchema.parse(JSON.parse(await readFile(fileOf(dataDirectory), 'utf8')));
  } catch {
    return null;
  }
}

/**
 * A function that gives the address of the running server, read anew each time because it changes with a restart. It
 * waits up to `waitMs` for a server that is just starting.
 * @throws AppError `search_unavailable`
 */
export function createChromaAddressReader(dataDirectory: string, waitMs = 3000): () => Promise<string> {
  return async () => {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const address = await readChromaAddress(dataDirectory);
      if (address !== null && isAlive(address.pid)) return address.url;
      if (performance.now() >= deadline) break;
      await delay(50);
    }
    throw new AppError('search_unavailable', 'The vector index is not running; it is being started again.', {
      retryAfterSeconds: 5,
    });
  };
}
