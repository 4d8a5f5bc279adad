import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type OpenDatabaseOptions, openDatabase, type SqlDatabase } from '../../src/infra/stores/sql/open-database.js';
import { testDatabaseUrl } from './services.js';

/** A kind of database to run a contract suite on. */
export interface SqlTestDatabase {
  name: string;
  /** A fresh empty database: a temporary file, or a schema of its own. */
  open(): Promise<SqlDatabase>;
  /** Options of a fresh database, for tests that open it more than once or from another process. */
  create(): Promise<OpenDatabaseOptions>;
  /** Closes and removes everything that `open` and `create` gave. */
  dispose(): Promise<void>;
}

/** SQLite always, PostgreSQL when the tests are given a server. */
export function sqlTestDatabases(): SqlTestDatabase[] {
  return testDatabaseUrl === undefined ? [sqliteDatabases()] : [sqliteDatabases(), postgresDatabases(testDatabaseUrl)];
}

function sqliteDatabases(): SqlTestDatabase {
  const folders: string[] = [];
  return withOpen('SQLite', {
    async create() {
      const folder = await mkdtemp(join(tmpdir(), 'footnote-sql-'));
      folders.push(folder);
      return { kind: 'sqlite', path: join(folder, 'footnote.db'), connections: 2 };
    },
    async remove() {
      await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
    },
  });
}

function postgresDatabases(url: string): SqlTestDatabase {
  const schemas: string[] = [];
  return withOpen('PostgreSQL', {
    async create() {
      const schema = `test_${randomUUID().replaceAll('-', '')}`;
      schemas.push(schema);
      return { kind: 'postgres', url, schema, connections: 8 };
    },
    async remove() {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query('set client_min_messages = warning');
      for (const schema of schemas.splice(0)) await client.query(`drop schema if exists ${schema} cascade`);
      await client.end();
    },
  });
}

function withOpen(
  name: string,
  kind: { create(): Promise<OpenDatabaseOptions>; remove(): Promise<void> },
): SqlTestDatabase {
  const opened: SqlDatabase[] = [];
  return {
    name,
    create: kind.create,
    async open() {
      const database = await openDatabase(await kind.create());
      opened.push(database);
      return database;
    },
    async dispose() {
      await Promise.all(opened.splice(0).map((database) => database.close()));
      await kind.remove();
    },
  };
}
