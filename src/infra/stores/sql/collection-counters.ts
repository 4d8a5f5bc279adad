import { sql, type Transaction } from 'kysely';
import type { FootnoteDatabase } from './schema.js';

/**
 * Adds to a collection's live counters, which BM25 reads; what is taken away is negative. Length is a sum of fractions:
 * with no passage left it is set to 0, so that rounding never adds up.
 */
export async function addToCollectionCounters(
  transaction: Transaction<FootnoteDatabase>,
  collectionId: string,
  change: { passages: number; length: number },
): Promise<void> {
  if (change.passages === 0 && change.length === 0) return;
  await transaction
    .updateTable('collection')
    .set({
      live_passages: sql`live_passages + ${change.passages}`,
      live_length: sql`case when live_passages + ${change.passages} <= 0 then 0 else live_length + ${change.length} end`,
    })
    .where('id', '=', collectionId)
    .execute();
}

/** What a version counts for in its collection; nothing for null. */
export async function versionCounters(
  transaction: Transaction<FootnoteDatabase>,
  documentId: string,
  version: number | null,
): Promise<{ passages: number; length: number }> {
  if (version === null) return { passages: 0, length: 0 };
  const row = await transaction
    .selectFrom('document_version')
    .select(['passages', 'lexical_length as length'])
    .where('document_id', '=', documentId)
    .where('version', '=', version)
    .executeTakeFirst();
  return row ?? { passages: 0, length: 0 };
}
