import { type Kysely, type MigrationProvider, Migrator, sql } from 'kysely';
import { AppError } from '../../../domain/errors.js';
import type { SqlDialect } from './sql-functions.js';
import { toStorageError } from './storage-error.js';

/**
 * Brings the database to the newest schema, all pending migrations in one transaction. Several processes may call this
 * at once: PostgreSQL's advisory lock and SQLite's `begin immediate` let one of them work, the others find it done.
 * @throws AppError `configuration_invalid` when a newer build has migrated this database already;
 *         `storage_unavailable`, `storage_full`
 */
export async function migrateDatabase<T>(
  db: Kysely<T>,
  dialect: SqlDialect,
  provider: MigrationProvider,
): Promise<void> {
  const schema = dialect === 'postgres' ? await currentSchema(db) : undefined;
  const migrator = new Migrator({ db, provider, ...(schema === undefined ? {} : { migrationTableSchema: schema }) });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const foreign = await findUnknownMigrations(db, provider).catch(() => []);
  if (foreign.length > 0) {
    const detail = `The database was migrated by a newer build of Footnote (${foreign.join(', ')}). Start that build, or restore a backup made before the upgrade.`;
    throw new AppError('configuration_invalid', detail, { cause: error });
  }
  throw toStorageError(error);
}

/** Kysely looks for its own tables in all schemas of a database unless it is told which one. */
async function currentSchema<T>(db: Kysely<T>): Promise<string> {
  const { rows } = await sql<{
    schema: string;
  }>`select split_part(current_setting('search_path'), ',', 1) as schema`.execute(db);
  const first = rows[0]?.schema.trim().replaceAll('"', '') ?? '';
  return first === '' || first === '$user' ? 'public' : first;
}

async function findUnknownMigrations<T>(db: Kysely<T>, provider: MigrationProvider): Promise<string[]> {
  const known = Object.keys(await provider.getMigrations());
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map((row) => row.name).filter((name) => !known.includes(name));
}
