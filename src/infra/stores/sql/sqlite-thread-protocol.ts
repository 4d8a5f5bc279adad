/** Messages between the SQLite driver and its threads. */

/** What a thread is opened with. */
export interface SqliteThreadOptions {
  path: string;
  /** A reader refuses to write; only the one writer of the process may. */
  mode: 'writer' | 'reader';
  /** How long SQLite waits for another process' lock, milliseconds. */
  busyTimeoutMs: number;
  /** Files up to this size are checked for damage before use, bytes. 0: no check. */
  checkUpToBytes: number;
}

/** One statement, or the wish to close. */
export type SqliteThreadRequest = { id: number; sql: string; parameters: readonly unknown[] } | 'close';

/** An error as it crosses the thread border; `code` is SQLite's, e.g. `SQLITE_BUSY`, or empty. */
export interface SqliteThreadError {
  message: string;
  code: string;
}

/** Answer to a request, by its id; id -1 tells that the connection is open (or why it is not). */
export type SqliteThreadReply =
  | { id: number; rows: unknown[]; changes: number | null }
  | { id: number; error: SqliteThreadError };

/** Id of the first message of a thread. */
export const OPENED = -1;
