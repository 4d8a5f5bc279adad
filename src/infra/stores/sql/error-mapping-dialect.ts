import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';
import { toStorageError } from './storage-error.js';

/** A connection whose errors speak the product's language. */
class MappedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;

  constructor(inner: DatabaseConnection) {
    this.inner = inner;
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return mapped(() => this.inner.executeQuery<R>(query));
  }

  streamQuery<R>(query: CompiledQuery, chunkSize?: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

async function mapped<R>(action: () => Promise<R>): Promise<R> {
  try {
    return await action();
  } catch (error) {
    throw toStorageError(error);
  }
}

function mapDriver(driver: Driver): Driver {
  const inner = (connection: DatabaseConnection): DatabaseConnection => (connection as MappedConnection).inner;
  return {
    init: () => mapped(() => driver.init()),
    acquireConnection: () => mapped(async () => new MappedConnection(await driver.acquireConnection())),
    beginTransaction: (connection, settings) => mapped(() => driver.beginTransaction(inner(connection), settings)),
    commitTransaction: (connection) => mapped(() => driver.commitTransaction(inner(connection))),
    // The error that led here is thrown on; a lost connection has rolled back by itself.
    rollbackTransaction: (connection) => driver.rollbackTransaction(inner(connection)).catch(() => undefined),
    releaseConnection: (connection) => driver.releaseConnection(inner(connection)),
    destroy: () => driver.destroy(),
  };
}

/** The dialect with connection and disk errors turned into AppErrors (see {@link toStorageError}). */
export function withStorageErrors(dialect: Dialect): Dialect {
  return {
    createDriver: () => mapDriver(dialect.createDriver()),
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  };
}
