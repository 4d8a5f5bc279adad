/**
 * Opens the SQL database of an installation, SQLite or PostgreSQL, with the newest schema. The stores in this folder run
 * on what it gives and do not know which of the two it is but for {@link SqlDialect}.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Dialect, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { withStorageErrors } from './error-mapping-dialect.js';
import { migrateDatabase } from './migrate-database.js';
import { createMigrationProvider } from './migrations/index.js';
import type { FootnoteDatabase } from './schema.js';
import type { SqlDialect } from './sql-functions.js';
import { createSqliteThreadDialect } from './sqlite-thread-dialect.js';
import { toStorageError } from './storage-error.js';

/** An open database. */
export interface SqlDatabase {
  db: Kysely<FootnoteDatabase>;
  dialect: SqlDialect;
  /** Ends threads or connections; nothing of it keeps the process alive afterwards. */
  close(): Promise<void>;
}

/** Where the database is. `connections` counts threads (SQLite, default 3) or sockets (PostgreSQL, default 10). */
export type OpenDatabaseOptions =
  | { kind: 'sqlite'; path: string; connections?: number }
  | { kind: 'postgres'; url: string; schema?: string; connections?: number };

/** How long a statement waits for another process' write lock. */
const SQLITE_BUSY_TIMEOUT_MS = 10_000;

/**
 * Files up to 256 MB are checked for damage at every open: `pragma quick_check` reads 1.8 GB/s from the page cache, so it
 * costs at most about 0.2 s of a start (97 MB: 54 ms). Larger files show damage when a broken page is read.
 */
const SQLITE_CHECK_UP_TO_BYTES = 256 * 1024 * 1024;

/**
 * @throws AppError `storage_unavailable` (unreachable, damaged), `storage_full`, `configuration_invalid` (migrated by a
 *         newer build)
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<SqlDatabase> {
  const dialect = options.kind;
  const driverDialect = options.kind === 'sqlite' ? await openSqlite(options) : openPostgres(options);
  const db = new Kysely<FootnoteDatabase>({ dialect: driverDialect });
  try {
    await migrateDatabase(db, dialect, createMigrationProvider(dialect));
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { db, dialect, close: () => db.destroy() };
}

async function openSqlite(options: { path: string; connections?: number }): Promise<Dialect> {
  await mkdir(dirname(options.path), { recursive: true }).catch((error: unknown) => {
    throw toStorageError(error);
  });
  return createSqliteThreadDialect({
    path: options.path,
    connections: options.connections ?? 3,
    busyTimeoutMs: SQLITE_BUSY_TIMEOUT_MS,
    checkUpToBytes: SQLITE_CHECK_UP_TO_BYTES,
  });
}

/** PostgreSQL type numbers of bigint and numeric, which pg would give as text; ours stay below 2^53. */
const NUMBER_TYPES: readonly number[] = [20, 1700];

function openPostgres(options: { url: string; schema?: string; connections?: number }): Dialect {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections ?? 10,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    allowExitOnIdle: true,
    types: {
      getTypeParser: ((id: number, format?: 'text' | 'binary') =>
        NUMBER_TYPES.includes(id) ? Number : pg.types.getTypeParser(id, format)) as typeof pg.types.getTypeParser,
    },
    ...(options.schema === undefined ? {} : { options: `-c search_path=${options.schema}` }),
  });
  // An idle connection that the server ends is reported here; unheard it would end the process. The next query reconnects.
  pool.on('error', () => undefined);
  // Our statements run for milliseconds; compiling one takes 20 to 100 ms whenever its cost is guessed high.
  pool.on('connect', (client) => void client.query('set jit = off').catch(() => undefined));
  return withStorageErrors(new PostgresDialect({ pool }));
}
