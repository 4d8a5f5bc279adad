/** The writing half of the lexical index: terms, segments and postings of passages that are already stored. */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { PassageTerms } from '../../../domain/ports/lexical-index.js';
import { addUpTerms } from './lexical-terms.js';
import type { SqlDatabase } from './open-database.js';
import type { FootnoteDatabase } from './schema.js';
import { jsonRows, type SqlDialect } from './sql-functions.js';

/** Bounds of one transaction, so that the write lock is short; a passage with more postings goes alone. */
const BATCH_PASSAGES = 64;
const BATCH_POSTINGS = 40_000;

/**
 * Neighbouring passages of one segment. In one tree ordered by term alone a batch of new passages would change nearly
 * every page of the table; within a segment it changes those of 2,048 passages at most. A search pays one look-up
 * for each segment and term.
 */
const SEGMENT_PASSAGES = 2048;

interface StoredTerms {
  passageId: string;
  length: number;
  weights: Map<string, number>;
}

/**
 * Inserts or replaces the postings of passages, batch by batch, each in a transaction of its own. Doing it twice leaves
 * what doing it once left. Passages that are not stored are passed over.
 */
export async function storePostings(
  { db, dialect }: SqlDatabase,
  collectionId: string,
  passages: PassageTerms[],
): Promise<void> {
  for (const batch of splitIntoBatches(passages)) {
    await db.transaction().execute((transaction) => storeBatch({ transaction, dialect }, collectionId, batch));
  }
}

function splitIntoBatches(passages: PassageTerms[]): StoredTerms[][] {
  const lastOfEach = new Map(passages.map((passage) => [passage.passageId, passage]));
  const batches: StoredTerms[][] = [];
  let postings = 0;
  for (const { passageId, length, terms } of lastOfEach.values()) {
    const weights = addUpTerms(terms);
    postings += weights.size;
    const batch = batches.at(-1);
    if (batch !== undefined && batch.length < BATCH_PASSAGES && postings <= BATCH_POSTINGS) {
      batch.push({ passageId, length, weights });
    } else {
      batches.push([{ passageId, length, weights }]);
      postings = weights.size;
    }
  }
  return batches;
}

/**
 * Rows are written in the order of their keys everywhere, so that two indexers on PostgreSQL wait for each other instead
 * of locking each other out.
 */
async function storeBatch(
  database: { transaction: Transaction<FootnoteDatabase>; dialect: SqlDialect },
  collectionId: string,
  batch: StoredTerms[],
): Promise<void> {
  const { transaction, dialect } = database;
  const ids = batch.map(({ passageId }) => [passageId]);
  const terms = [...new Set(batch.flatMap(({ weights }) => [...weights.keys()]))].sort().map((term) => [term]);
  await insertSegments(collectionId, jsonRows(dialect, JSON.stringify(ids))).execute(transaction);
  await insertTerms(collectionId, jsonRows(dialect, JSON.stringify(terms))).execute(transaction);
  await deletePostings(jsonRows(dialect, JSON.stringify(ids))).execute(transaction);
  await insertPostings(dialect, collectionId, toJson(batch)).execute(transaction);
}

/**
 * Rows of passage id, length and an object of weights by term. Written by hand: an object with thousands of ever new keys
 * costs the engine as much time as the database needs for the insert.
 */
function toJson(batch: StoredTerms[]): string {
  const rows = batch.map(({ passageId, length, weights }) => {
    const entries = Array.from(weights, ([term, weight]) => `${JSON.stringify(term)}:${weight}`);
    return `[${JSON.stringify(passageId)},${length},{${entries.join()}}]`;
  });
  return `[${rows.join()}]`;
}

/** Numbers of the batch's passages. Look-ups are scalar subqueries here, which every planner answers by the index. */
function passageNumbers(ids: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`select (select p.no from passage as p where p.id = r.row->>0) as no from ${ids} as r`;
}

function insertSegments(collectionId: string, ids: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`insert into lexical_segment (collection_id, segment)
    select distinct ${collectionId}, n.no / ${sql.lit(SEGMENT_PASSAGES)} as segment
    from (${passageNumbers(ids)}) as n where n.no is not null
    order by segment on conflict do nothing`;
}

/** Known terms are sorted out first: on PostgreSQL a refused insert would still use up a number. */
function insertTerms(collectionId: string, terms: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`insert into lexical_term (collection_id, term)
    select ${collectionId}, r.row->>0 as term from ${terms} as r
    where (select t.no from lexical_term as t where t.collection_id = ${collectionId} and t.term = r.row->>0) is null
    order by term on conflict do nothing`;
}

function deletePostings(ids: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`delete from lexical_posting where passage_no in (${passageNumbers(ids)})`;
}

/** `json`: see {@link toJson}. */
function insertPostings(dialect: SqlDialect, collectionId: string, json: string): RawBuilder<unknown> {
  const entries = dialect === 'sqlite' ? sql`json_each(v.terms)` : sql`jsonb_each_text(v.terms)`;
  return sql`with v as materialized (
      select (select p.no from passage as p where p.id = r.row->>0) as no,
        cast(r.row->>1 as double precision) as length, r.row->2 as terms
      from ${jsonRows(dialect, json)} as r)
    insert into lexical_posting (segment, term_no, passage_no, weight, length)
    select v.no / ${sql.lit(SEGMENT_PASSAGES)} as segment,
      (select t.no from lexical_term as t where t.collection_id = ${collectionId} and t.term = e.key) as term_no,
      v.no as passage_no, cast(e.value as double precision), v.length
    from v cross join ${entries} as e where v.no is not null
    order by segment, term_no, passage_no
    on conflict (segment, term_no, passage_no) do update set weight = excluded.weight, length = excluded.length`;
}
