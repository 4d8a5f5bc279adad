import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CompiledQuery, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type SqlDatabase } from '../../../../src/infra/stores/sql/open-database.js';
import { newTenant, sampleFile } from '../../../contract/library-subject.js';
import { exitOf, linesOf, startCode, startProgram } from '../../../support/child-programs.js';
import { createSqlLibrary } from '../../../support/sql-library.js';

let folder: string;
let path: string;
const opened: SqlDatabase[] = [];

async function open(): Promise<SqlDatabase> {
  const database = await openDatabase({ kind: 'sqlite', path });
  opened.push(database);
  return database;
}

/** Longest time between two turns of the event loop while the work goes on, milliseconds. */
async function longestPause(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  await work();
  clearInterval(timer);
  return longest;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footnote-sqlite-'));
  path = join(folder, 'footnote.db');
});
afterEach(() => Promise.all(opened.splice(0).map((database) => database.close())));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('SQLite in threads', () => {
  it('has lost no acknowledged document after kill -9', async () => {
    const acknowledged: [string, string][] = [];
    for (let round = 0; round < 3; round += 1) {
      const child = startProgram(new URL('../../../support/accept-until-killed.ts', import.meta.url), [path]);
      const until = acknowledged.length + 40 + round * 17;
      for await (const line of linesOf(child)) {
        const [tenantId, documentId] = line.split(' ');
        if (tenantId !== undefined && documentId !== undefined) acknowledged.push([tenantId, documentId]);
        if (acknowledged.length === until) child.kill('SIGKILL');
      }
      await exitOf(child);
    }
    const database = await open();
    const { documents, listJobs } = createSqlLibrary(database);
    expect(acknowledged.length).toBeGreaterThan(150);
    for (const [tenantId, documentId] of acknowledged) {
      expect(await documents.find(tenantId, documentId)).toMatchObject({ status: 'queued' });
      expect(await listJobs(documentId)).toHaveLength(1);
    }
  }, 60_000);

  it('keeps the event loop free while another process holds the write lock, and reads go on', async () => {
    const { documents, collections } = createSqlLibrary(await open());
    const tenantId = newTenant();
    const { id: collectionId } = await collections.ensureDefault(tenantId);
    const holder = startCode(
      `import Database from 'libsql';
       const db = new Database(process.argv[1]);
       db.exec('pragma busy_timeout = 5000; begin exclusive');
       console.log('held');
       setTimeout(() => { db.exec('commit'); db.close(); }, 1000);`,
      [path],
    );
    for await (const line of linesOf(holder)) if (line === 'held') break;
    const started = performance.now();
    let reads = 0;
    let accepted = false;
    const pause = await longestPause(async () => {
      const write = documents.accept(sampleFile({ tenantId, collectionId })).then(() => {
        accepted = true;
      });
      while (!accepted) {
        await collections.find(tenantId, collectionId);
        reads += 1;
        await sleep(5);
      }
      await write;
    });
    expect(performance.now() - started).toBeGreaterThan(700);
    expect(reads).toBeGreaterThan(20);
    expect(pause).toBeLessThan(200);
    await exitOf(holder);
  });

  it('keeps readers free while writes queue up behind a long transaction', async () => {
    const { db } = await open();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const long = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('setting').values({ key: 'long', value: '' }).execute();
      await held;
    });
    const writes = Array.from({ length: 5 }, (_, n) =>
      db
        .insertInto('setting')
        .values({ key: `queued-${n}`, value: '' })
        .execute(),
    );
    for (let n = 0; n < 10; n += 1) {
      expect(await db.selectFrom('setting').select('key').where('key', '=', 'long').execute()).toEqual([]);
    }
    release();
    await Promise.all([long, ...writes]);
    const { rows } = await sql<{ n: number }>`select count(*) as n from setting`.execute(db);
    expect(rows).toEqual([{ n: 6 }]);
  });

  it('reports a full disk as such, undoes the transaction and goes on when there is space', async () => {
    const { db } = await open();
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
    await sql`${sql.raw(`pragma max_page_count = ${(rows[0]?.page_count ?? 0) + 5}`)}`.execute(db);
    const fill = db.transaction().execute(async (transaction) => {
      for (let n = 0; n < 50; n += 1) {
        await transaction
          .insertInto('setting')
          .values({ key: `full-${n}`, value: 'x'.repeat(4000) })
          .execute();
      }
    });
    await expect(fill).rejects.toMatchObject({ code: 'storage_full' });
    await sql`pragma max_page_count = 1000000`.execute(db);
    await db.insertInto('setting').values({ key: 'after', value: '' }).execute();
    const kept = await db.selectFrom('setting').select('key').where('key', 'like', 'full-%').execute();
    expect(kept).toEqual([]);
  });

  it('survives statements and parameters that are wrong, with normal errors', async () => {
    const { db } = await open();
    await expect(sql`select from where`.execute(db)).rejects.toMatchObject({ code: 'SQLITE_ERROR' });
    await expect(sql`select ${{ an: 'object' }} as x`.execute(db)).rejects.toThrow('can only bind');
    await expect(db.executeQuery(CompiledQuery.raw('select ? as x', [() => 1]))).rejects.toThrow('could not be cloned');
    const { rows } = await sql`select ${true} as a, ${false} as b, ${null} as c`.execute(db);
    expect(rows).toEqual([{ a: 1, b: 0, c: null }]);
  });

  it('ends its threads with close, and says so to those who come late', async () => {
    const database = await openDatabase({ kind: 'sqlite', path });
    const running = database.db.selectFrom('setting').selectAll().execute();
    await running;
    await database.close();
    await expect(database.db.selectFrom('setting').selectAll().execute()).rejects.toThrow();
  });

  it('does not keep a process alive that forgot to close', async () => {
    const database = new URL('../../../../src/infra/stores/sql/open-database.ts', import.meta.url).href;
    const child = startCode(
      `import { register } from 'tsx/esm/api';
       register();
       const { openDatabase } = await import(${JSON.stringify(database)});
       const { db } = await openDatabase({ kind: 'sqlite', path: process.argv[1] });
       console.log((await db.selectFrom('job').selectAll().limit(1).execute()).length);`,
      [path],
    );
    expect(await exitOf(child)).toBe(0);
  });
});
