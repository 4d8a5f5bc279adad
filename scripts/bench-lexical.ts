/**
 * Measures the lexical index against SQLite FTS5 on the same synthetic passages, whose words fall off like a language's.
 *
 *   npx tsx scripts/bench-lexical.ts [--passages 40000] [--words 200] [--questions 60] [--asked 12]
 *     [--postgres postgres://…] [--only footnote]
 *
 * Prints one line an engine: build time and rate (batches of 64, durable commits), median and 95th percentile of a search
 * for 50 passages, megabytes on disk. `--words 500 --asked 43` is about what the analyser makes of a paragraph and a question,
 * character n-grams included.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import Database from 'libsql';
import type { WeightedTerm } from '../src/domain/ports/lexical-index.js';
import { type OpenDatabaseOptions, openDatabase } from '../src/infra/stores/sql/open-database.js';
import { createSqlLexicalIndex } from '../src/infra/stores/sql/sql-lexical-index.js';
import { createPassageRows } from '../test/support/passage-rows.js';
import { countTerms, seededRandom, zipfWords } from '../test/support/zipf-corpus.js';

const BATCH = 64;
const LIMIT = 50;
const VOCABULARY = 60_000;

const { values } = parseArgs({
  options: {
    passages: { type: 'string', default: '40000' },
    questions: { type: 'string', default: '60' },
    words: { type: 'string', default: '200' },
    asked: { type: 'string', default: '12' },
    postgres: { type: 'string' },
    only: { type: 'string' },
  },
});

interface Workload {
  passages: string[][];
  questions: string[][];
}

interface Engine {
  name: string;
  build(passages: string[][]): Promise<void>;
  search(question: string[]): Promise<number>;
  megabytes(): Promise<number>;
  close(): Promise<void>;
}

/** Passages and questions whose numbers of words lie within a third around `words` and `asked`. */
function makeWorkload(size: { passages: number; questions: number; words: number; asked: number }): Workload {
  const random = seededRandom(42);
  const word = zipfWords(random, VOCABULARY);
  const text = (about: number) => Array.from({ length: Math.round(about * (2 / 3 + random() * (2 / 3))) }, word);
  return {
    passages: Array.from({ length: size.passages }, () => text(size.words)),
    questions: Array.from({ length: size.questions }, () => text(size.asked)),
  };
}

/** The baseline: contentless FTS5, the collection as a token of the query, ranked by its own bm25. */
function openFts5(folder: string): Engine {
  const path = join(folder, 'fts5.db');
  const db = new Database(path);
  db.exec('pragma journal_mode = WAL; pragma synchronous = FULL; pragma cache_size = -16000');
  db.exec("create virtual table passages using fts5(scope, body, content='', contentless_delete=1)");
  const insert = db.prepare('insert into passages (rowid, scope, body) values (?, ?, ?)');
  const select = db.prepare(
    'select rowid from passages where passages match ? order by bm25(passages, 0.0, 1.0) limit ?',
  );
  return {
    name: 'SQLite FTS5',
    async build(passages) {
      for (let from = 0; from < passages.length; from += BATCH) {
        db.exec('begin immediate');
        for (const [at, words] of passages.slice(from, from + BATCH).entries()) {
          insert.run([from + at + 1, 'collection1', words.join(' ')]);
        }
        db.exec('commit');
      }
    },
    async search(question) {
      const terms = [...new Set(question)].map((word) => `body:"${word}"`).join(' OR ');
      return select.all([`scope:collection1 AND (${terms})`, LIMIT]).length;
    },
    async megabytes() {
      db.exec('pragma wal_checkpoint(truncate)');
      return (await stat(path)).size / 1e6;
    },
    async close() {
      db.close();
    },
  };
}

async function openFootnote(name: string, options: OpenDatabaseOptions): Promise<Engine> {
  const database = await openDatabase(options);
  const { db, dialect } = database;
  const index = createSqlLexicalIndex(database);
  return {
    name,
    async build(passages) {
      const analysed = passages.map(countTerms);
      const lengths = analysed.map(({ length }) => length);
      const rows = createPassageRows(database);
      const ids = await rows.addVersion({ collectionId: 'col_one', documentId: 'doc_one', version: 1, lengths });
      await rows.setLive('doc_one', 1);
      const started = performance.now();
      for (let from = 0; from < passages.length; from += BATCH) {
        const batch = analysed.slice(from, from + BATCH);
        await index.index(
          'col_one',
          batch.map((passage, at) => ({ passageId: ids[from + at] as string, ...passage })),
        );
      }
      process.stdout.write(`${name}: indexing alone ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
      // What autovacuum does within a minute: index-only scans need it.
      if (dialect === 'postgres') await sql`vacuum analyze lexical_posting, lexical_term, lexical_segment`.execute(db);
    },
    async search(question) {
      const terms: WeightedTerm[] = countTerms(question).terms;
      return (await index.search({ collectionId: 'col_one', terms, limit: LIMIT })).length;
    },
    async megabytes() {
      const size =
        dialect === 'sqlite'
          ? sql<{
              bytes: number;
            }>`select sum(pgsize) as bytes from dbstat where name like 'lexical%' or name like 'sqlite_autoindex_lexical%'`
          : sql<{ bytes: number }>`select sum(pg_total_relation_size(c.oid)) as bytes from pg_class c
              join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = current_schema() and c.relkind = 'r' and c.relname like 'lexical%'`;
      return ((await size.execute(db)).rows[0]?.bytes ?? 0) / 1e6;
    },
    async close() {
      if (options.kind === 'postgres') await sql`drop schema ${sql.id(options.schema ?? '')} cascade`.execute(db);
      await database.close();
    },
  };
}

function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

async function measure(engine: Engine, { passages, questions }: Workload): Promise<void> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  await engine.build(passages);
  const buildMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  for (const question of questions) await engine.search(question);
  const times: number[] = [];
  let hits = 0;
  for (const question of questions) {
    const before = performance.now();
    hits += await engine.search(question);
    times.push(performance.now() - before);
  }
  times.sort((left, right) => left - right);
  const parts = [
    engine.name.padEnd(22),
    `build ${(buildMs / 1000).toFixed(1)} s (${Math.round((passages.length / buildMs) * 1000)} passages/s, ${((user + system) / 1e6).toFixed(1)} s of CPU here)`,
    `search p50 ${percentile(times, 0.5).toFixed(1)} ms, p95 ${percentile(times, 0.95).toFixed(1)} ms`,
    `${(await engine.megabytes()).toFixed(0)} MB`,
    `${hits} hits`,
  ];
  process.stdout.write(`${parts.join(' | ')}\n`);
}

const { passages, questions, words, asked } = values;
const workload = makeWorkload({
  passages: Number(passages),
  questions: Number(questions),
  words: Number(words),
  asked: Number(asked),
});
const folder = await mkdtemp(join(tmpdir(), 'footnote-bench-'));
try {
  const engines: (() => Promise<Engine>)[] = [
    async () => openFts5(folder),
    () => openFootnote('Footnote, SQLite', { kind: 'sqlite', path: join(folder, 'footnote.db') }),
  ];
  const url = values.postgres;
  if (url !== undefined) {
    const schema = `bench_${randomUUID().replaceAll('-', '')}`;
    engines.push(() => openFootnote('Footnote, PostgreSQL', { kind: 'postgres', url, schema }));
  }
  for (const open of engines) {
    const engine = await open();
    try {
      if (values.only === undefined || engine.name.toLowerCase().includes(values.only.toLowerCase())) {
        await measure(engine, workload);
      }
    } finally {
      await engine.close();
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
