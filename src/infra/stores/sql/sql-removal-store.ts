import type { RemovalStore } from '../../../domain/ports/ingest-store.js';
import type { SqlDatabase } from './open-database.js';
import { deletePassages } from './passage-rows.js';

/** Takes the rows of tombstoned documents away for good; documents that are not tombstoned are never touched. */
export function createSqlRemovalStore({ db }: SqlDatabase): RemovalStore {
  return {
    async findTombstone(documentId) {
      const rows = await db
        .selectFrom('document')
        .innerJoin('document_version as v', 'v.document_id', 'document.id')
        .where('document.id', '=', documentId)
        .where('document.deleted_at', 'is not', null)
        .select(['document.tenant_id', 'document.collection_id', 'v.blob_key'])
        .execute();
      const [first] = rows;
      if (first === undefined) return null;
      const { tenant_id: tenantId, collection_id: collectionId } = first;
      return { tenantId, collectionId, blobKeys: rows.map((row) => row.blob_key) };
    },

    purge: (documentId) =>
      db.transaction().execute(async (transaction) => {
        const tombstone = await transaction
          .selectFrom('document')
          .select('id')
          .where('id', '=', documentId)
          .where('deleted_at', 'is not', null)
          .executeTakeFirst();
        if (tombstone === undefined) return { rows: 0, passages: 0 };
        const passages = await deletePassages(transaction, { documentId });
        const pages = await transaction.deleteFrom('page').where('document_id', '=', documentId).executeTakeFirst();
        const versions = await transaction
          .deleteFrom('document_version')
          .where('document_id', '=', documentId)
          .executeTakeFirst();
        const documents = await transaction.deleteFrom('document').where('id', '=', documentId).executeTakeFirst();
        const rows = pages.numDeletedRows + versions.numDeletedRows + documents.numDeletedRows;
        return { rows: Number(rows) + passages, passages };
      }),
  };
}
