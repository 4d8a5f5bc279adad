import type { LibraryInspector } from '../../../domain/ports/ingest-store.js';
import type { SqlDatabase } from './open-database.js';

/** Versions are compared one by one, so that memory holds one document's text and no read transaction is long. */
async function countInexactPassagesOf({ db }: SqlDatabase, documentId: string, version: number): Promise<number> {
  const ofVersion = { document_id: documentId, version };
  const pages = await db
    .selectFrom('page')
    .select(['number', 'text'])
    .where(({ and }) => and(ofVersion))
    .execute();
  const passages = await db
    .selectFrom('passage')
    .select(['page_number', 'start_offset', 'end_offset', 'text'])
    .where(({ and }) => and(ofVersion))
    .execute();
  const textOf = new Map(pages.map((page) => [page.number, page.text]));
  const isExact = (passage: (typeof passages)[number]): boolean =>
    textOf.get(passage.page_number)?.slice(passage.start_offset, passage.end_offset) === passage.text;
  return passages.filter((passage) => !isExact(passage)).length;
}

/** What of the library is searchable, or about to be. */
function createLiveReads({
  db,
}: SqlDatabase): Pick<LibraryInspector, 'listLiveVersions' | 'listPassageIdsInProgress' | 'findLiveVersion'> {
  return {
    async listLiveVersions(collectionId) {
      const rows = await db
        .selectFrom('document')
        .innerJoin('document_version as v', (join) =>
          join.onRef('v.document_id', '=', 'document.id').onRef('v.version', '=', 'document.live_version'),
        )
        .where('document.collection_id', '=', collectionId)
        .where('document.deleted_at', 'is', null)
        .select(['v.document_id', 'v.version', 'v.blob_key', 'v.passages'])
        .orderBy('document.id')
        .execute();
      return rows.map((row) => ({
        documentId: row.document_id,
        version: row.version,
        blobKey: row.blob_key,
        passages: row.passages,
      }));
    },

    async listPassageIdsInProgress(collectionId) {
      const rows = await db
        .selectFrom('passage')
        .innerJoin('document', (join) =>
          join.onRef('document.id', '=', 'passage.document_id').onRef('document.version', '=', 'passage.version'),
        )
        .where('document.collection_id', '=', collectionId)
        .where('document.deleted_at', 'is', null)
        .where('document.status', '<>', 'failed')
        .where(({ eb, or, ref }) =>
          or([eb('document.live_version', 'is', null), eb('document.live_version', '<>', ref('document.version'))]),
        )
        .select('passage.id')
        .orderBy('passage.no')
        .execute();
      return rows.map((row) => row.id);
    },

    async findLiveVersion(documentId) {
      const row = await db
        .selectFrom('document')
        .where('id', '=', documentId)
        .where('deleted_at', 'is', null)
        .where('live_version', 'is not', null)
        .select(['collection_id', 'live_version', 'title'])
        .$narrowType<{ live_version: number }>()
        .executeTakeFirst();
      if (row === undefined) return null;
      return { collectionId: row.collection_id, documentId, version: row.live_version, title: row.title };
    },
  };
}

/** Everything the doctor asks of SQL, over all tenants. */
export function createSqlLibraryInspector(database: SqlDatabase): LibraryInspector {
  const { db } = database;
  return {
    ...createLiveReads(database),

    async listCollections() {
      const rows = await db
        .selectFrom('collection')
        .select(['id', 'tenant_id', 'name', 'live_passages'])
        .orderBy('id')
        .execute();
      return rows.map((row) => ({ id: row.id, tenantId: row.tenant_id, name: row.name, passages: row.live_passages }));
    },

    async listPassageIds(documentId, version) {
      const rows = await db
        .selectFrom('passage')
        .select('id')
        .where('document_id', '=', documentId)
        .where('version', '=', version)
        .orderBy('ordinal')
        .execute();
      return rows.map((row) => row.id);
    },

    async listBlobKeys() {
      const rows = await db.selectFrom('document_version').select('blob_key').orderBy('blob_key').execute();
      return rows.map((row) => row.blob_key);
    },

    async countInexactPassages() {
      const versions = await db.selectFrom('document_version').select(['document_id', 'version']).execute();
      let inexact = 0;
      for (const { document_id, version } of versions) {
        inexact += await countInexactPassagesOf(database, document_id, version);
      }
      return inexact;
    },
  };
}
