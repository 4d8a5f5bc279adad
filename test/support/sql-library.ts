import type { SqlDatabase } from '../../src/infra/stores/sql/open-database.js';
import { createSqlCollectionStore } from '../../src/infra/stores/sql/sql-collection-store.js';
import { createSqlDocumentStore } from '../../src/infra/stores/sql/sql-document-store.js';
import { createSqlIngestStore } from '../../src/infra/stores/sql/sql-ingest-store.js';
import { createSqlPassageReader } from '../../src/infra/stores/sql/sql-passage-reader.js';
import { createSqlRemovalStore } from '../../src/infra/stores/sql/sql-removal-store.js';
import type { LibrarySubject } from '../contract/library-subject.js';

/** The library's stores over one database, and the little of a job queue that their contract needs. */
export function createSqlLibrary(database: SqlDatabase): Omit<LibrarySubject, 'close'> {
  const { db } = database;
  return {
    collections: createSqlCollectionStore(database),
    documents: createSqlDocumentStore(database, { maxAttempts: 3 }),
    passages: createSqlPassageReader(database),
    ingest: createSqlIngestStore(database),
    removal: createSqlRemovalStore(database),
    async takeJob(documentId) {
      const newest = await db
        .selectFrom('job')
        .select('id')
        .where('document_id', '=', documentId)
        .where('status', 'in', ['queued', 'running'])
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (newest === undefined) return null;
      const taken = await db
        .updateTable('job')
        .set((job) => ({ status: 'running', lease_token: job('lease_token', '+', 1) }))
        .where('id', '=', newest.id)
        .returning('lease_token')
        .executeTakeFirstOrThrow();
      return { jobId: newest.id, token: taken.lease_token };
    },
    async buryJob({ jobId }, error) {
      await db
        .updateTable('job')
        .set({ status: 'dead', error_code: error.code, error_detail: error.detail })
        .where('id', '=', jobId)
        .execute();
    },
    async listJobs(documentId) {
      const query = db.selectFrom('job').where('document_id', '=', documentId).orderBy('created_at');
      const rows = await query.select(['kind', 'status', 'payload']).execute();
      return rows.map(({ payload, ...row }) => ({ ...row, payload: JSON.parse(payload) as unknown }));
    },
  };
}
