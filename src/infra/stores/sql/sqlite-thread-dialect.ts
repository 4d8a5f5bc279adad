/**
 * Kysely on SQLite without ever blocking the event loop: every statement runs in a worker thread.
 *
 * One thread writes, the others read. SQLite lets one connection write at a time anyway; queueing the writes of this
 * process here, instead of letting them poll for the file lock, keeps readers free and the order fair. A transaction
 * holds the writer from `begin immediate` to its end, so it never fails half-way on a lock. Other processes (the ingest
 * worker beside the API) are waited for with `busy_timeout`.
 * Not for: pragmas or temporary tables through Kysely, since a "connection" here is not bound to one thread.
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { createSqliteThreadPool, type SqliteThreadPool } from './sqlite-thread-pool.js';
import { type SqliteThread, startSqliteThread } from './start-sqlite-thread.js';

interface SqliteThreadDialectOptions {
  path: string;
  /** Threads in all, at least 2: one writes, the rest read. */
  connections: number;
  busyTimeoutMs: number;
  /** Files up to this size are checked for damage when opened, bytes. */
  checkUpToBytes: number;
}

/** The adapter of SQLite; unlike Kysely's it tells the migrator that table changes can be rolled back, which is true. */
class SqliteThreadAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

interface Pools {
  writer: SqliteThreadPool;
  readers: SqliteThreadPool;
}

/** Raw SQL counts as reading when it starts like a query and holds no writing keyword; in doubt the writer runs it. */
function onlyReads(query: CompiledQuery): boolean {
  if (query.query.kind === 'SelectQueryNode') return true;
  if (query.query.kind !== 'RawNode') return false;
  return (
    /^\s*(select|with|values|explain)\b/i.test(query.sql) && !/\b(insert|update|delete|replace)\b/i.test(query.sql)
  );
}

/** What Kysely sees as a connection: picks a thread for each statement, or keeps the writer during a transaction. */
class SqliteThreadConnection implements DatabaseConnection {
  readonly #pools: Pools;
  #transaction: SqliteThread | null = null;

  constructor(pools: Pools) {
    this.#pools = pools;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#transaction !== null) return run<R>(this.#transaction, query);
    const pool = onlyReads(query) ? this.#pools.readers : this.#pools.writer;
    const thread = await pool.acquire();
    try {
      return await run<R>(thread, query);
    } finally {
      pool.release(thread);
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }

  async begin(): Promise<void> {
    const thread = await this.#pools.writer.acquire();
    try {
      await thread.run('begin immediate', []);
      this.#transaction = thread;
    } catch (error) {
      this.#pools.writer.release(thread);
      throw error;
    }
  }

  async commit(): Promise<void> {
    await this.#transaction?.run('commit', []);
    this.#leave();
  }

  /** SQLite itself rolls back on a full disk; that the transaction is gone then is what was wanted. */
  async rollback(): Promise<void> {
    await this.#transaction?.run('rollback', []).catch(() => undefined);
    this.#leave();
  }

  #leave(): void {
    if (this.#transaction === null) return;
    this.#pools.writer.release(this.#transaction);
    this.#transaction = null;
  }
}

async function run<R>(thread: SqliteThread, query: CompiledQuery): Promise<QueryResult<R>> {
  const { rows, changes } = await thread.run(query.sql, query.parameters);
  return changes === null ? { rows: rows as R[] } : { rows: [], numAffectedRows: BigInt(changes) };
}

class SqliteThreadDriver implements Driver {
  readonly #pools: Pools;

  constructor(pools: Pools) {
    this.#pools = pools;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteThreadConnection> {
    return new SqliteThreadConnection(this.#pools);
  }

  async beginTransaction(connection: SqliteThreadConnection): Promise<void> {
    await connection.begin();
  }

  async commitTransaction(connection: SqliteThreadConnection): Promise<void> {
    await connection.commit();
  }

  async rollbackTransaction(connection: SqliteThreadConnection): Promise<void> {
    await connection.rollback();
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    await this.#pools.readers.close();
    await this.#pools.writer.close();
  }
}

/**
 * Starts the threads and gives the dialect for `new Kysely({ dialect })`; `db.destroy()` ends them.
 * @throws AppError `storage_unavailable`, `storage_full`
 */
export async function createSqliteThreadDialect(options: SqliteThreadDialectOptions): Promise<Dialect> {
  const { path, busyTimeoutMs, checkUpToBytes } = options;
  const startWriter = (): Promise<SqliteThread> =>
    startSqliteThread({ path, mode: 'writer', busyTimeoutMs, checkUpToBytes });
  const startReader = (): Promise<SqliteThread> =>
    startSqliteThread({ path, mode: 'reader', busyTimeoutMs, checkUpToBytes: 0 });
  // The writer first: it makes the file and sets its journal mode.
  const writer = await createSqliteThreadPool(startWriter, 1);
  const readers = await createSqliteThreadPool(startReader, Math.max(1, options.connections - 1)).catch(
    async (error: unknown) => {
      await writer.close();
      throw error;
    },
  );
  return {
    createDriver: () => new SqliteThreadDriver({ writer, readers }),
    createAdapter: () => new SqliteThreadAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}
