import type { PassageReader } from '../../../domain/ports/document-store.js';
import type { SqlDatabase } from './open-database.js';
import { selectLivePassagesById, toStoredPassage } from './passage-rows.js';

/** What SQL says is true now about ids that an index named. */
export function createSqlPassageReader(database: SqlDatabase): PassageReader {
  const { db } = database;
  return {
    async findLive({ tenantId, collectionIds, passageIds }) {
      if (collectionIds.length === 0 || passageIds.length === 0) return [];
      const rows = await selectLivePassagesById(database, tenantId, passageIds)
        .where('document.collection_id', 'in', collectionIds)
        .execute();
      return rows.map(toStoredPassage);
    },

    async pageText({ tenantId, documentId, version, page }) {
      const row = await db
        .selectFrom('page')
        .innerJoin('document', (join) =>
          join.onRef('document.id', '=', 'page.document_id').onRef('document.live_version', '=', 'page.version'),
        )
        .where('document.id', '=', documentId)
        .where('document.tenant_id', '=', tenantId)
        .where('document.deleted_at', 'is', null)
        .where('page.version', '=', version)
        .where('page.number', '=', page ?? 1)
        .select('page.text')
        .executeTakeFirst();
      return row?.text ?? null;
    },
  };
}
