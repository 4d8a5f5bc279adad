/**
 * The body of one SQLite thread: a connection, a cache of prepared statements, one statement at a time. It knows no
 * schema and no Kysely. At run time it imports nothing but libsql and Node, so that it can be started from source too
 * (see start-sqlite-thread.ts).
 */
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'libsql';
import type {
  SqliteThreadError,
  SqliteThreadOptions,
  SqliteThreadReply,
  SqliteThreadRequest,
} from './sqlite-thread-protocol.js';

/** Prepared statements kept a connection; the product has fewer distinct statements than this. */
const STATEMENTS_KEPT = 200;

type Connection = InstanceType<typeof Database>;
type Statement = ReturnType<Connection['prepare']>;

/** libsql aborts the process on a boolean and binds every number as a real: flags become 0/1, whole numbers integers. */
function bindable(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  return value;
}

function describeError(error: unknown): SqliteThreadError {
  const { message, code } = error as { message?: unknown; code?: unknown };
  return { message: String(message ?? error), code: typeof code === 'string' ? code : '' };
}

function codedError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Switching a fresh file to WAL can report "busy" at once, without waiting, while another process does the same. */
function patiently(step: () => void, patienceMs: number): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; ; waitedMs += 20) {
    try {
      step();
      return;
    } catch (error) {
      if (!describeError(error).code.startsWith('SQLITE_BUSY') || waitedMs >= patienceMs) throw error;
      Atomics.wait(sleeper, 0, 0, 20);
    }
  }
}

function refuseDamage(connection: Connection, options: SqliteThreadOptions): void {
  const bytes = statSync(options.path, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > options.checkUpToBytes) return;
  const [first] = connection.prepare('pragma quick_check(1)').all([]) as { quick_check: string }[];
  if (first?.quick_check !== 'ok') throw codedError('the database file is damaged', 'SQLITE_CORRUPT');
}

function openConnection(options: SqliteThreadOptions): Connection {
  const connection = new Database(options.path);
  connection.exec(`pragma busy_timeout = ${Math.trunc(options.busyTimeoutMs)}`);
  patiently(() => connection.exec('pragma journal_mode = WAL'), options.busyTimeoutMs);
  connection.exec('pragma synchronous = FULL');
  connection.exec('pragma foreign_keys = ON');
  connection.exec('pragma temp_store = MEMORY');
  connection.exec('pragma cache_size = -16000');
  connection.exec('pragma journal_size_limit = 67108864');
  if (options.checkUpToBytes > 0) refuseDamage(connection, options);
  if (options.mode === 'reader') connection.exec('pragma query_only = ON');
  return connection;
}

/** Runs statements with a least-recently-used cache; a statement that failed is prepared anew. */
function createRunner(
  connection: Connection,
): (sql: string, parameters: readonly unknown[]) => { rows: unknown[]; changes: number | null } {
  const statements = new Map<string, Statement>();
  return (sql, parameters) => {
    const statement = statements.get(sql) ?? connection.prepare(sql);
    statements.delete(sql);
    const values = parameters.map(bindable);
    const result = statement.reader
      ? { rows: statement.all(values), changes: null }
      : { rows: [], changes: statement.run(values).changes };
    statements.set(sql, statement);
    if (statements.size > STATEMENTS_KEPT) statements.delete(statements.keys().next().value as string);
    return result;
  };
}

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error('this file is the body of a worker thread');
  const reply = (message: SqliteThreadReply): void => port.postMessage(message);
  let connection: Connection;
  try {
    connection = openConnection(workerData as SqliteThreadOptions);
  } catch (error) {
    reply({ id: -1, error: describeError(error) });
    port.close();
    return;
  }
  const run = createRunner(connection);
  port.on('message', (request: SqliteThreadRequest) => {
    if (request === 'close') {
      connection.close();
      port.close();
      return;
    }
    try {
      reply({ id: request.id, ...run(request.sql, request.parameters) });
    } catch (error) {
      reply({ id: request.id, error: describeError(error) });
    }
  });
  reply({ id: -1, rows: [], changes: null });
}

serve();
