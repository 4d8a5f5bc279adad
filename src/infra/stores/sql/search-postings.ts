/** The reading half of the lexical index: counts the terms (for others too), scores the passages, keeps the live ones. */
import { type RawBuilder, sql } from 'kysely';
import type { LexicalHit, TermFrequencies, WeightedTerm } from '../../../domain/ports/lexical-index.js';
import {
  type Bm25Parameters,
  commonTermCount,
  FACTOR_UNIT,
  inverseDocumentFrequency,
  SCORE_UNIT,
  termFactor,
} from './bm25.js';
import { addUpTerms, storableTerm } from './lexical-terms.js';
import type { SqlDatabase } from './open-database.js';
import { jsonRows, type SqlDialect } from './sql-functions.js';

/** Of a longer question the heaviest terms are used, the first of equal ones: a bound on the work of one search. */
const MAX_QUERY_TERMS = 400;
/** Candidates for each passage wanted, since the best ones may turn out not to be live. */
const OVERFETCH = 2;
/** Growth of that number when too few of them were. */
const OVERFETCH_GROWTH = 8;

/** One search in one collection. */
export interface PostingSearch {
  collectionId: string;
  terms: WeightedTerm[];
  limit: number;
  parameters: Bm25Parameters;
}

/** A term of the question as the index knows it; `count` is the number of passages with it. */
interface KnownTerm {
  no: number;
  term: string;
  weight: number;
  count: number;
}

interface Collection {
  id: string;
  passages: number;
  length: number;
}

/**
 * Best passages of live versions, best first, ties by passage order. Terms that stand in very many passages (see
 * `COMMON_TERM_SHARE`) are left out as long as the others find `limit` passages.
 */
export async function searchPostings(database: SqlDatabase, search: PostingSearch): Promise<LexicalHit[]> {
  const weights = heaviestTerms(search.terms);
  if (weights.size === 0 || search.limit < 1) return [];
  const collection = await findCollection(database, search.collectionId);
  if (collection === null) return [];
  const common = commonTermCount(collection.passages);
  const counted = await countPostings(database, { collection, weights, upTo: common });
  const rare = counted.filter(({ count }) => count < common);
  if (rare.length > 0) {
    const hits = await findBest(database, { ...search, collection, terms: rare });
    if (hits.length === search.limit || rare.length === counted.length) return hits;
  }
  if (counted.length === 0) return [];
  const all = await countPostings(database, { collection, weights, upTo: Number.POSITIVE_INFINITY });
  return await findBest(database, { ...search, collection, terms: all });
}

/** How many passages hold each term, at most the number from which on a term is common; see the port. */
export async function weighTerms(
  database: SqlDatabase,
  { collectionId, terms }: { collectionId: string; terms: readonly string[] },
): Promise<TermFrequencies> {
  const collection = await findCollection(database, collectionId);
  if (collection === null) return { passages: 0, frequencies: new Map(terms.map((term) => [term, 0])) };
  const { passages } = collection;
  const weights = addUpTerms(terms.map((term) => ({ term, weight: 1 })));
  const upTo = commonTermCount(passages);
  const counted = weights.size === 0 ? [] : await countPostings(database, { collection, weights, upTo });
  const counts = new Map(counted.map(({ term, count }) => [term, Math.min(count, passages)]));
  return { passages, frequencies: new Map(terms.map((term) => [term, counts.get(storableTerm(term)) ?? 0])) };
}

function heaviestTerms(terms: readonly WeightedTerm[]): Map<string, number> {
  const weights = addUpTerms(terms);
  if (weights.size <= MAX_QUERY_TERMS) return weights;
  return new Map([...weights].sort(([, left], [, right]) => right - left).slice(0, MAX_QUERY_TERMS));
}

/** Null: unknown, or nothing in it is live. */
async function findCollection({ db }: SqlDatabase, id: string): Promise<Collection | null> {
  const row = await db
    .selectFrom('collection')
    .select(['live_passages as passages', 'live_length as length'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined || row.passages < 1 ? null : { id, ...row };
}

/**
 * The terms that have postings, by number. Counting stops at `upTo`, which is what makes very common terms cheap to tell.
 * Versions that are not live yet or not removed yet are counted too, for as long as they are there.
 */
async function countPostings(
  { db, dialect }: SqlDatabase,
  query: { collection: Collection; weights: Map<string, number>; upTo: number },
): Promise<KnownTerm[]> {
  const { collection, weights, upTo } = query;
  const terms = jsonRows(dialect, JSON.stringify([...weights.keys()].map((term) => [term])));
  const limit = Number.isFinite(upTo) ? sql`limit ${upTo}` : sql``;
  const { rows } = await sql<{ no: number; term: string; count: number }>`
    with asked as materialized (
      select r.row->>0 as term, (select t.no from lexical_term as t
        where t.collection_id = ${collection.id} and t.term = r.row->>0) as no
      from ${terms} as r)
    select a.no, a.term, (select count(*) from (
        select 1 from lexical_segment as s ${joinPostings(dialect, sql`a.no`)}
        where s.collection_id = ${collection.id} ${limit}) as c) as count
    from asked as a where a.no is not null
    order by a.no`.execute(db);
  return rows.flatMap(({ no, term, count }) =>
    count > 0 ? [{ no, term, count, weight: weights.get(term) ?? 0 }] : [],
  );
}

/** Scores by the given terms; asks for more candidates while dead ones take the places of live ones. */
async function findBest(
  { db, dialect }: SqlDatabase,
  search: { collection: Collection; terms: KnownTerm[]; limit: number; parameters: Bm25Parameters },
): Promise<LexicalHit[]> {
  const { collection, terms, limit, parameters } = search;
  const factors = terms.map(({ no, weight, count }) => {
    const idf = inverseDocumentFrequency(collection.passages, count);
    return [no, termFactor({ idf, queryWeight: weight, k1: parameters.k1 })];
  });
  const scores = scoreStatement(dialect, {
    collectionId: collection.id,
    factors: jsonRows(dialect, JSON.stringify(factors)),
    termCount: factors.length,
    base: parameters.k1 * (1 - parameters.b),
    slope: parameters.k1 * parameters.b * (collection.passages / Math.max(collection.length, 1)),
  });
  for (let fetch = limit * OVERFETCH; ; fetch *= OVERFETCH_GROWTH) {
    const { rows } = await withLiveness(scores, fetch).execute(db);
    const hits = rows.flatMap(({ id, score, live }) =>
      live === 1 ? [{ passageId: id, score: score / SCORE_UNIT }] : [],
    );
    if (hits.length >= limit || rows.length < fetch) return hits.slice(0, limit);
  }
}

/**
 * `sum of factor * weight / (weight + k1 * (1 - b + b * length / average))` for every passage with one of the terms, each
 * summand cut to a whole unit (see `SCORE_UNIT`). The limit on the factors takes none away; PostgreSQL reads from it how few
 * they are.
 */
function scoreStatement(
  dialect: SqlDialect,
  scoring: { collectionId: string; factors: RawBuilder<unknown>; termCount: number; base: number; slope: number },
): RawBuilder<unknown> {
  const { collectionId, factors, base, slope } = scoring;
  const unit = sql.lit(SCORE_UNIT / FACTOR_UNIT);
  return sql`
    with factor as materialized (
      select cast(r.row->>0 as bigint) as term_no, cast(r.row->>1 as double precision) as value
      from ${factors} as r limit ${scoring.termCount})
    select p.passage_no, sum(floor(f.value * p.weight / (p.weight + cast(${base} as double precision)
      + cast(${slope} as double precision) * p.length) * ${unit})) as score
    from lexical_segment as s cross join factor as f ${joinPostings(dialect, sql`f.term_no`)}
    where s.collection_id = ${collectionId}
    group by p.passage_no`;
}

/**
 * Joins the postings `p` of segment `s.segment` and a term: one range of the key for each pair. SQLite joins in the order
 * that is written; PostgreSQL, which has no statistics of a table that was just filled, would read the whole table, and
 * is kept from it by a subquery that it may not pull up.
 */
function joinPostings(dialect: SqlDialect, termNo: RawBuilder<unknown>): RawBuilder<unknown> {
  return dialect === 'sqlite'
    ? sql`cross join lexical_posting as p on p.segment = s.segment and p.term_no = ${termNo}`
    : sql`cross join lateral (
        select * from lexical_posting as x where x.segment = s.segment and x.term_no = ${termNo} offset 0) as p`;
}

function withLiveness(
  scores: RawBuilder<unknown>,
  fetch: number,
): RawBuilder<{ id: string; score: number; live: number }> {
  return sql`
    select b.score, g.id, case when d.live_version = g.version and d.deleted_at is null then 1 else 0 end as live
    from (${scores} order by score desc, passage_no limit ${fetch}) as b
    left join passage as g on g.no = b.passage_no
    left join document as d on d.id = g.document_id
    order by b.score desc, b.passage_no`;
}
