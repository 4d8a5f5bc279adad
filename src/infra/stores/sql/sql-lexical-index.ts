/**
 * BM25 in SQL: one row for each term of a passage, idf at query time, one statement for scores and best passages. The same
 * statements on SQLite and PostgreSQL, and the same ranking to the last tie.
 * Does not: analyse text, check tenants or permissions (hits are ids, the passage store re-checks each), keep the
 * counters of the collection (publish and tombstone do).
 */
import { type Kysely, sql } from 'kysely';
import type { LexicalIndex } from '../../../domain/ports/lexical-index.js';
import { BM25_B, BM25_K1, type Bm25Parameters } from './bm25.js';
import type { SqlDatabase } from './open-database.js';
import type { FootnoteDatabase } from './schema.js';
import { searchPostings, weighTerms } from './search-postings.js';
import { storePostings } from './store-postings.js';

/** Passages whose postings are removed in one statement, so that the write lock is short. */
const REMOVE_BATCH = 64;

/** The lexical index of all collections. `parameters` is there for evaluation; the default is the literature's. */
export function createSqlLexicalIndex(
  database: SqlDatabase,
  parameters: Bm25Parameters = { k1: BM25_K1, b: BM25_B },
): LexicalIndex {
  const { db } = database;
  return {
    search: (options) => searchPostings(database, { ...options, parameters }),
    weighTerms: (options) => weighTerms(database, options),
    index: (collectionId, passages) => storePostings(database, collectionId, passages),
    removeDocument: (options) => removePostings(db, options),

    async listPassageIds(documentId, version) {
      const rows = await db
        .selectFrom('passage')
        .select('id')
        .where('document_id', '=', documentId)
        .where('version', '=', version)
        .where(hasPostings)
        .orderBy('ordinal')
        .execute();
      return rows.map(({ id }) => id);
    },
  };
}

const hasPostings = sql<boolean>`exists (select 1 from lexical_posting as h where h.passage_no = passage.no)`;

async function removePostings(
  db: Kysely<FootnoteDatabase>,
  { documentId, version }: { documentId: string; version?: number },
): Promise<number> {
  let removed = 0;
  for (let after = -1; ; ) {
    let query = db.selectFrom('passage').select('no').where('document_id', '=', documentId);
    if (version !== undefined) query = query.where('version', '=', version);
    const found = await query.where('no', '>', after).where(hasPostings).orderBy('no').limit(REMOVE_BATCH).execute();
    const numbers = found.map(({ no }) => no);
    const last = numbers.at(-1);
    if (last === undefined) return removed;
    await db.deleteFrom('lexical_posting').where('passage_no', 'in', numbers).execute();
    removed += numbers.length;
    after = last;
  }
}
