import type { Collection, UpdateCollection } from '../../../domain/collection.js';
import { AppError } from '../../../domain/errors.js';
import { newId } from '../../../domain/ids.js';
import type { CollectionStore } from '../../../domain/ports/collection-store.js';
import { DEFAULT_COLLECTION } from '../../../domain/principal.js';
import { decodeCursor, nameCursorSchema, toListPage } from './cursor.js';
import type { SqlDatabase } from './open-database.js';
import type { CollectionTable } from './schema.js';
import { nowMs, storableJson, storableText } from './sql-functions.js';
import { isForeignKeyViolation, isUniqueViolation } from './storage-error.js';

type CollectionRow = CollectionTable & { documents: number };

/** Columns of a collection with the number of its documents. */
function selectCollections({ db }: SqlDatabase) {
  return db
    .selectFrom('collection')
    .selectAll('collection')
    .select((query) =>
      query
        .selectFrom('document')
        .whereRef('document.collection_id', '=', 'collection.id')
        .where('document.deleted_at', 'is', null)
        .select((count) => count.fn.countAll<number>().as('n'))
        .$asScalar()
        .$notNull()
        .as('documents'),
    );
}

function toCollection(row: CollectionRow): Collection {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    settings: JSON.parse(row.settings) as Record<string, unknown>,
    documents: row.documents,
    passages: row.live_passages,
    createdAt: new Date(row.created_at).toISOString(),
    updatedAt: new Date(row.updated_at).toISOString(),
  };
}

function nameTaken(cause?: unknown): AppError {
  return new AppError('conflict', 'A collection of this name exists already.', { cause });
}

function noSuchCollection(): AppError {
  return new AppError('not_found', 'There is no such collection.');
}

async function findCollection(
  database: SqlDatabase,
  tenantId: string,
  key: { id: string } | { name: string },
): Promise<Collection | null> {
  const query = selectCollections(database).where('collection.tenant_id', '=', tenantId);
  const row = await ('id' in key
    ? query.where('collection.id', '=', key.id)
    : query.where('collection.name', '=', key.name)
  ).executeTakeFirst();
  return row === undefined ? null : toCollection(row);
}

/** Null when the name is taken. */
async function insertCollection(
  { db, dialect }: SqlDatabase,
  tenantId: string,
  input: Parameters<CollectionStore['create']>[1],
): Promise<Collection | null> {
  const row = await db
    .insertInto('collection')
    .values({
      id: newId('col'),
      tenant_id: tenantId,
      name: input.name,
      description: storableText(input.description),
      settings: storableJson(input.settings),
      live_passages: 0,
      live_length: 0,
      created_at: nowMs(dialect),
      updated_at: nowMs(dialect),
    })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'name']).doNothing())
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : toCollection({ ...row, documents: 0 });
}

async function updateCollection(
  database: SqlDatabase,
  key: { tenantId: string; id: string },
  change: UpdateCollection,
): Promise<Collection> {
  await database.db
    .updateTable('collection')
    .set({ ...changedColumns(change), updated_at: nowMs(database.dialect) })
    .where('tenant_id', '=', key.tenantId)
    .where('id', '=', key.id)
    .execute()
    .catch((error: unknown) => {
      throw isUniqueViolation(error) ? nameTaken(error) : error;
    });
  const collection = await findCollection(database, key.tenantId, key);
  if (collection === null) throw noSuchCollection();
  return collection;
}

/** Documents refer to their collection, so the database itself refuses to delete one that is not empty. */
async function removeCollection({ db }: SqlDatabase, tenantId: string, id: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('collection')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
    .catch((error: unknown) => {
      if (!isForeignKeyViolation(error)) throw error;
      throw new AppError('conflict', 'The collection still has documents, or their removal goes on.', { cause: error });
    });
  if (numDeletedRows === 0n) throw noSuchCollection();
  await db.deleteFrom('lexical_term').where('collection_id', '=', id).execute();
  await db.deleteFrom('lexical_segment').where('collection_id', '=', id).execute();
}

/** Collections as rows of the `collection` table; same code on SQLite and PostgreSQL. */
export function createSqlCollectionStore(database: SqlDatabase): CollectionStore {
  return {
    async create(tenantId, input) {
      const created = await insertCollection(database, tenantId, input);
      if (created === null) throw nameTaken();
      return created;
    },

    async ensureDefault(tenantId) {
      const key = { name: DEFAULT_COLLECTION };
      const collection =
        (await findCollection(database, tenantId, key)) ??
        (await insertCollection(database, tenantId, { ...key, description: '', settings: {} })) ??
        (await findCollection(database, tenantId, key));
      if (collection === null) throw noSuchCollection();
      return collection;
    },

    find(tenantId, idOrName) {
      // Ids hold an underscore, names cannot: one never reads as the other.
      return findCollection(database, tenantId, idOrName.includes('_') ? { id: idOrName } : { name: idOrName });
    },

    async list(tenantId, { limit, cursor }) {
      const after = decodeCursor(cursor, nameCursorSchema);
      let query = selectCollections(database).where('collection.tenant_id', '=', tenantId);
      if (after !== null) query = query.where('collection.name', '>', after[0]);
      const rows = await query
        .orderBy('collection.name')
        .limit(limit + 1)
        .execute();
      return toListPage(rows, limit, { item: toCollection, sortKey: (row) => [row.name] });
    },

    update: (tenantId, id, change) => updateCollection(database, { tenantId, id }, change),
    remove: (tenantId, id) => removeCollection(database, tenantId, id),
  };
}

function changedColumns(change: UpdateCollection): Partial<CollectionTable> {
  return {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.description === undefined ? {} : { description: storableText(change.description) }),
    ...(change.settings === undefined ? {} : { settings: storableJson(change.settings) }),
  };
}
