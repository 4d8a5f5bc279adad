import { type RawBuilder, sql } from 'kysely';
import { ingestStageSchema, type StoredPage } from '../../../domain/document.js';
import { INGEST_DOCUMENT } from '../../../domain/jobs/ingest-document.js';
import type { DocumentReader, ListDocuments } from '../../../domain/ports/document-store.js';
import { decodeCursor, ordinalCursorSchema, timeAndIdCursorSchema, toListPage } from './cursor.js';
import { selectDocuments, toDocument } from './document-rows.js';
import type { SqlDatabase } from './open-database.js';
import { selectLivePassages, toStoredPassage } from './passage-rows.js';
import { containsAnyCase, metadataEquals } from './sql-functions.js';

/** The filtered, ordered query behind the list: newest first, ties by id. */
function listQuery({ db, dialect }: SqlDatabase, tenantId: string, options: ListDocuments) {
  const before = decodeCursor(options.cursor, timeAndIdCursorSchema);
  const { status, titleContains } = options;
  let query = selectDocuments(db, tenantId).where('document.collection_id', '=', options.collectionId);
  if (status !== undefined) query = query.where('document.status', '=', status);
  if (titleContains !== undefined && titleContains !== '') {
    const inColumn = (column: RawBuilder<string>) => containsAnyCase(dialect, column, titleContains);
    query = query.where(
      sql<boolean>`(${inColumn(sql.ref('document.title'))} or ${inColumn(sql.ref('document.filename'))})`,
    );
  }
  for (const [key, value] of Object.entries(options.metadata ?? {})) {
    query = query.where(metadataEquals(dialect, sql.ref('document.metadata'), { key, value }));
  }
  if (before !== null) {
    const [createdAt, id] = before;
    query = query.where(({ eb, or, and }) =>
      or([
        eb('document.created_at', '<', createdAt),
        and([eb('document.created_at', '=', createdAt), eb('document.id', '<', id)]),
      ]),
    );
  }
  return query
    .orderBy('document.created_at', 'desc')
    .orderBy('document.id', 'desc')
    .limit(options.limit + 1);
}

function livePage({ db }: SqlDatabase, tenantId: string, documentId: string) {
  return db
    .selectFrom('page')
    .innerJoin('document', (join) =>
      join.onRef('document.id', '=', 'page.document_id').onRef('document.live_version', '=', 'page.version'),
    )
    .where('document.id', '=', documentId)
    .where('document.tenant_id', '=', tenantId)
    .where('document.deleted_at', 'is', null);
}

/** The reading half of the document store: only what is not deleted, pages and passages only of live versions. */
export function createSqlDocumentReader(database: SqlDatabase): DocumentReader {
  const { db } = database;
  return {
    async find(tenantId, documentId) {
      const row = await selectDocuments(db, tenantId).where('document.id', '=', documentId).executeTakeFirst();
      return row === undefined ? null : toDocument(row);
    },

    async list(tenantId, options) {
      const rows = await listQuery(database, tenantId, options).execute();
      return toListPage(rows, options.limit, { item: toDocument, sortKey: (row) => [row.created_at, row.id] });
    },

    async findBlob(tenantId, documentId) {
      const row = await db
        .selectFrom('document')
        .innerJoin('document_version as version', (join) =>
          join.onRef('version.document_id', '=', 'document.id').onRef('version.version', '=', 'document.version'),
        )
        .where('document.id', '=', documentId)
        .where('document.tenant_id', '=', tenantId)
        .where('document.deleted_at', 'is', null)
        .select(['version.blob_key', 'version.media_type', 'version.filename', 'version.bytes'])
        .executeTakeFirst();
      if (row === undefined) return null;
      return { blobKey: row.blob_key, mediaType: row.media_type, filename: row.filename, bytes: row.bytes };
    },

    async progress(tenantId, documentId) {
      const row = await db
        .selectFrom('document')
        .leftJoin('job', (join) =>
          join.onRef('job.document_id', '=', 'document.id').on('job.kind', '=', INGEST_DOCUMENT),
        )
        .where('document.id', '=', documentId)
        .where('document.tenant_id', '=', tenantId)
        .where('document.deleted_at', 'is', null)
        .select(['job.stage', 'job.progress_done', 'job.progress_total'])
        .orderBy('job.created_at', 'desc')
        .orderBy('job.id', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return null;
      const stage = ingestStageSchema.catch('queued').parse(row.stage);
      return { stage, done: row.progress_done ?? 0, total: row.progress_total ?? 0 };
    },

    async findPage(tenantId, documentId, number) {
      const row = await livePage(database, tenantId, documentId)
        .where('page.number', '=', number)
        .select(['page.version', 'page.number', 'page.label', 'page.status', 'page.reason', 'page.text'])
        .executeTakeFirst();
      return row === undefined ? null : ({ documentId, ...row } satisfies StoredPage);
    },

    async listPassages(tenantId, documentId, { page, limit, cursor }) {
      const after = decodeCursor(cursor, ordinalCursorSchema);
      let query = selectLivePassages(db, tenantId).where('passage.document_id', '=', documentId);
      if (page !== undefined) query = query.where('passage.page_number', '=', page);
      if (after !== null) query = query.where('passage.ordinal', '>', after[0]);
      const rows = await query
        .orderBy('passage.ordinal')
        .limit(limit + 1)
        .execute();
      return toListPage(rows, limit, { item: toStoredPassage, sortKey: (row) => [row.ordinal] });
    },
  };
}
