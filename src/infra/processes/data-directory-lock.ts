/**
 * One Footnote a data directory. The lock is an exclusive transaction on a small SQLite file: the operating system frees
 * it when the process ends in whatever way, so there is no stale lock to clean up after a kill -9 or a power cut.
 * A JSON file beside it says who holds it; it only feeds the sentence of the refusal.
 *
 * Nothing else in this process may open and close `lock.sqlite` (a backup, say): POSIX drops a process's locks on a file
 * with the first descriptor of it that is closed.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { z } from 'zod';
import { AppError } from '../../domain/errors.js';

export interface DataDirectoryLock {
  /** Gives the directory free; repeated calls are harmless. */
  release(): Promise<void>;
}

/** Keeps the connections of held locks from the garbage collector, which would close them and so free the lock. */
const heldConnections = new Set<Database.Database>();

const holderSchema = z.object({ pid: z.number().int(), startedAt: z.string() });

/**
 * Locks `directory` (made when absent) for this process.
 * @throws AppError `conflict` when another process holds it, `configuration_invalid` when it cannot be locked at all
 */
export async function lockDataDirectory(directory: string): Promise<DataDirectoryLock> {
  const holderFile = join(directory, 'lock.json');
  const database = await openExclusively(directory, holderFile);
  const holder = { pid: process.pid, startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString() };
  await writeFile(holderFile, `${JSON.stringify(holder)}\n`).catch(() => undefined);
  heldConnections.add(database);
  return {
    async release() {
      if (!heldConnections.delete(database)) return;
      await rm(holderFile, { force: true }).catch(() => undefined);
      database.exec('rollback');
      database.close();
    },
  };
}

async function openExclusively(directory: string, holderFile: string): Promise<Database.Database> {
  let database: Database.Database | undefined;
  try {
    await mkdir(directory, { recursive: true });
    database = new Database(join(directory, 'lock.sqlite'), { timeout: 0 });
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database?.close();
    const code = String((error as { code?: unknown }).code ?? '');
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) throw await refusal(holderFile, error);
    throw new AppError(
      'configuration_invalid',
      `DATA_DIR cannot be used (${code === '' ? 'unknown reason' : code}): it must be a directory on a local disk that this user may write to.`,
      { cause: error },
    );
  }
}

async function refusal(holderFile: string, cause: unknown): Promise<AppError> {
  const text = await readFile(holderFile, 'utf8').catch(() => '');
  const holder = holderSchema.safeParse(parseJson(text));
  const who = holder.success ? ` (pid ${holder.data.pid}, started ${holder.data.startedAt})` : '';
  return new AppError(
    'conflict',
    `Another Footnote${who} is using this DATA_DIR. Stop it, or set DATA_DIR to a directory of its own.`,
    { cause },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
