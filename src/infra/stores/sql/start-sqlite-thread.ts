/** Starts one SQLite thread and talks to it; the thread's body is sqlite-thread.ts. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import {
  OPENED,
  type SqliteThreadOptions,
  type SqliteThreadReply,
  type SqliteThreadRequest,
} from './sqlite-thread-protocol.js';
import { toStorageError } from './storage-error.js';

/** Rows of a statement that gives rows, else how many rows it changed. */
export interface SqliteResult {
  rows: unknown[];
  changes: number | null;
}

/** A connection in a thread of its own. */
export interface SqliteThread {
  /** Runs one statement. @throws AppError `storage_full`, `storage_unavailable`; other SQL errors keep SQLite's `code` */
  run(sql: string, parameters: readonly unknown[]): Promise<SqliteResult>;
  /** True when the thread has died by itself; it answers nothing any more. */
  ended(): boolean;
  /** Closes the connection after the statements already sent and waits for the thread's end. */
  close(): Promise<void>;
}

/**
 * Run from source (tests, `npm run dev`) there is no compiled file, and Node 20 cannot load TypeScript in a thread.
 * The body is then translated by the compiler inside tsx; registering tsx itself would cost 0.4 s a thread.
 */
function startWorker(options: SqliteThreadOptions): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./sqlite-thread.js', import.meta.url), { workerData: options, execArgv: [] });
  }
  const source = readFileSync(new URL('./sqlite-thread.ts', import.meta.url), 'utf8');
  const { resolve } = createRequire(import.meta.url);
  const compiler = createRequire(resolve('tsx'))('esbuild') as {
    transformSync(text: string, settings: { loader: 'ts'; format: 'cjs'; target: string }): { code: string };
  };
  const { code } = compiler.transformSync(source, { loader: 'ts', format: 'cjs', target: 'node20' });
  const base = JSON.stringify(import.meta.url);
  const body = `((require) => {${code}\n})(require('node:module').createRequire(${base}))`;
  return new Worker(body, { eval: true, workerData: options, execArgv: [] });
}

interface Waiting {
  resolve(result: SqliteResult): void;
  reject(error: unknown): void;
}

/**
 * Opens a connection in a new thread. An idle thread does not keep the process alive.
 * @throws AppError `storage_unavailable` (cannot be opened, damaged), `storage_full`
 */
export async function startSqliteThread(options: SqliteThreadOptions): Promise<SqliteThread> {
  const worker = startWorker(options);
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: Error | null = null;
  let closing = false;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  const expect = (id: number): Promise<SqliteResult> => {
    if (waiting.size === 0) worker.ref();
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };
  const failAll = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(toStorageError(ended));
    waiting.clear();
  };
  worker.on('message', (reply: SqliteThreadReply) => {
    const request = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker.unref();
    if ('error' in reply)
      request?.reject(toStorageError(Object.assign(new Error(reply.error.message), { code: reply.error.code })));
    else request?.resolve(reply);
  });
  worker.on('error', (error) => failAll(threadEnded(error)));
  worker.on('exit', () => failAll(threadEnded()));

  await expect(OPENED);
  return {
    run(sql, parameters) {
      if (ended !== null) return Promise.reject(toStorageError(ended));
      lastId += 1;
      try {
        worker.postMessage({ id: lastId, sql, parameters } satisfies SqliteThreadRequest);
      } catch (error) {
        return Promise.reject(error);
      }
      return expect(lastId);
    },
    ended: () => ended !== null && !closing,
    async close() {
      closing = true;
      worker.ref();
      worker.postMessage('close' satisfies SqliteThreadRequest);
      await exited;
    },
  };
}

function threadEnded(cause?: unknown): Error {
  return Object.assign(new Error('the database thread has ended', { cause }), { code: 'SQLITE_THREAD_ENDED' });
}
