/** All migrations in order. A name is never changed and a migration never edited once released; new ones go to the end. */
import type { MigrationProvider } from 'kysely';
import type { SqlDialect } from '../sql-functions.js';
import { createFirstTables } from './0001-first-tables.js';
import { addLifecycle } from './0002-lifecycle.js';

/** The migrations as Kysely's Migrator takes them; they are code, so nothing is read from disk. */
export function createMigrationProvider(dialect: SqlDialect): MigrationProvider {
  return {
    getMigrations: async () => ({
      '0001-first-tables': { up: (db) => createFirstTables(db, dialect) },
      '0002-lifecycle': { up: addLifecycle },
    }),
  };
}
