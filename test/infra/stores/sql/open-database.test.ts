import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMigrationProvider } from '../../../../src/infra/stores/sql/migrations/index.js';
import { openDatabase, type SqlDatabase } from '../../../../src/infra/stores/sql/open-database.js';
import {
  containsAnyCase,
  jsonRows,
  metadataEquals,
  nowMs,
  storableJson,
  storableText,
} from '../../../../src/infra/stores/sql/sql-functions.js';
import { testDatabaseUrl } from '../../../support/services.js';
import { sqlTestDatabases } from '../../../support/sql-databases.js';

describe.each(sqlTestDatabases())('a database on $name', (kind) => {
  afterAll(() => kind.dispose());

  it('opens empty with all tables, and opens again', async () => {
    const options = await kind.create();
    for (let round = 0; round < 2; round += 1) {
      const { db, close } = await openDatabase(options);
      expect(await db.selectFrom('document').selectAll().execute()).toEqual([]);
      await close();
    }
  });

  it('can be opened by several at once when it is new', async () => {
    const options = await kind.create();
    const databases = await Promise.all([1, 2, 3, 4].map(() => openDatabase(options)));
    const counts = await Promise.all(
      databases.map(({ db }) => sql<{ n: number }>`select count(*) as n from kysely_migration`.execute(db)),
    );
    const all = Object.keys(await createMigrationProvider(databases[0]?.dialect ?? 'sqlite').getMigrations()).length;
    expect(counts.map(({ rows }) => rows[0]?.n)).toEqual([all, all, all, all]);
    await Promise.all(databases.map(({ close }) => close()));
  });

  it('refuses a database that a newer build has migrated, with a sentence that says what to do', async () => {
    const options = await kind.create();
    const { db, close } = await openDatabase(options);
    await sql`insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2090-01-01T00:00:00.000Z')`.execute(
      db,
    );
    await close();
    await expect(openDatabase(options)).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining('newer build of Footnote (9999-from-the-future)'),
    });
  });

  let shared: SqlDatabase;
  beforeAll(async () => {
    shared = await kind.open();
  });

  it('rolls a failed transaction back and goes on', async () => {
    const { db } = shared;
    const failed = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('setting').values({ key: 'a', value: '1' }).execute();
      throw new Error('stop');
    });
    await expect(failed).rejects.toThrow('stop');
    expect(await db.selectFrom('setting').selectAll().execute()).toEqual([]);
  });

  it('counts updates exactly under concurrent transactions', async () => {
    const { db } = shared;
    await db.insertInto('setting').values({ key: 'n', value: '0' }).execute();
    const increments = Array.from({ length: 30 }, () =>
      db.transaction().execute(async (transaction) => {
        await transaction
          .updateTable('setting')
          .set({ value: sql`cast(cast(value as integer) + 1 as text)` })
          .where('key', '=', 'n')
          .execute();
      }),
    );
    await Promise.all(increments);
    expect(await db.selectFrom('setting').select('value').executeTakeFirst()).toEqual({ value: '30' });
  });

  it('takes bulk rows from one JSON parameter', async () => {
    const { db, dialect } = shared;
    const json = storableJson([
      [1, 'one\u0000', 1.5, null],
      [2, 'zwei"\ud800', 2, 'x'],
    ]);
    const { rows } =
      await sql`select cast(r.row->>0 as integer) as a, r.row->>1 as b, cast(r.row->>2 as double precision) as c, r.row->>3 as d
      from ${jsonRows(dialect, json)} as r order by 1`.execute(db);
    expect(rows).toEqual([
      { a: 1, b: 'one\ufffd', c: 1.5, d: null },
      { a: 2, b: 'zwei"\ufffd', c: 2, d: 'x' },
    ]);
  });

  it('tells its own time in milliseconds', async () => {
    const { db, dialect } = shared;
    const { rows } = await sql<{ now: number }>`select ${nowMs(dialect)} as now`.execute(db);
    expect(Math.abs((rows[0]?.now ?? 0) - Date.now())).toBeLessThan(5000);
    expect(Number.isInteger(rows[0]?.now)).toBe(true);
  });

  it('binds flags and whole numbers without harm', async () => {
    const { db } = shared;
    const { rows } =
      await sql`select cast(${7} as text) as a, cast(${12345678901} as bigint) as b, cast(${0.5} as double precision) as c`.execute(
        db,
      );
    expect(rows).toEqual([{ a: '7', b: 12345678901, c: 0.5 }]);
  });

  it.each([
    ['Jahresbericht', 'BERICHT', true],
    ['ÜBER uns', 'über', true],
    ['Отчёт', 'ОТЧЁТ', true],
    ['100% sure', '0% s', true],
    ['100x sure', '0% s', false],
    ['a_b', 'a_b', true],
    ['axb', 'a_b', false],
    ['[x]*?^$.|(y)\\', ']*?^$.|(Y)\\', true],
    ['plain', '*', false],
    ['plain', '.', false],
  ])('finds in "%s" the part "%s": %s', async (text, part, found) => {
    const { db, dialect } = shared;
    const { rows } = await sql<{ n: number }>`select count(*) as n from (select cast(${text} as text) as t) as x
      where ${containsAnyCase(dialect, sql<string>`x.t`, part)}`.execute(db);
    expect(rows[0]?.n === 1).toBe(found);
  });

  it('compares metadata as text', async () => {
    const { db, dialect } = shared;
    const metadata = JSON.stringify({ year: 2024, name: 'x', yes: true, none: null, 'od"d key$': '5', half: 1.5 });
    const equals = async (key: string, value: string) => {
      const { rows } = await sql<{ n: number }>`select count(*) as n from (select cast(${metadata} as text) as m) as x
        where ${metadataEquals(dialect, sql<string>`x.m`, { key, value })}`.execute(db);
      return rows[0]?.n === 1;
    };
    const hits: [string, string][] = [
      ['year', '2024'],
      ['name', 'x'],
      ['yes', 'true'],
      ['none', 'null'],
      ['od"d key$', '5'],
      ['half', '1.5'],
    ];
    for (const [key, value] of hits) expect([key, value, await equals(key, value)]).toEqual([key, value, true]);
    const misses: [string, string][] = [
      ['year', '2025'],
      ['name', 'X'],
      ['yes', '1'],
      ['missing', 'null'],
      ['half', '1'],
      ['name', '{"a":'],
    ];
    for (const [key, value] of misses) expect([key, value, await equals(key, value)]).toEqual([key, value, false]);
  });
});

it('replaces only what no database can keep, length kept', () => {
  expect(storableText('a\u0000b\ud800c\u{1f600}')).toBe('a\ufffdb\ufffdc\u{1f600}');
});

describe('SQLite files', () => {
  it('refuses a damaged file clearly', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'footnote-sql-'));
    await writeFile(join(folder, 'a.db'), 'x'.repeat(20_000));
    await expect(openDatabase({ kind: 'sqlite', path: join(folder, 'a.db') })).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringContaining('damaged'),
    });
    await rm(folder, { recursive: true });
  });

  it('refuses a file with a garbage page', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'footnote-sql-'));
    const path = join(folder, 'a.db');
    const { close } = await openDatabase({ kind: 'sqlite', path, connections: 2 });
    await close();
    const bytes = await readFile(path);
    bytes.fill(0x5a, 4096 * 4, 4096 * 6);
    await writeFile(path, bytes);
    await expect(openDatabase({ kind: 'sqlite', path })).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringContaining('damaged'),
    });
    await rm(folder, { recursive: true });
  });

  it('refuses a path that cannot be opened', async () => {
    await expect(openDatabase({ kind: 'sqlite', path: '/dev/null/x/a.db' })).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
  });
});

it('says clearly that PostgreSQL cannot be reached', async () => {
  const attempt = openDatabase({ kind: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' });
  await expect(attempt).rejects.toMatchObject({ code: 'storage_unavailable' });
});

describe.runIf(testDatabaseUrl !== undefined)('a PostgreSQL server that drops connections', () => {
  const kinds = sqlTestDatabases().filter(({ name }) => name === 'PostgreSQL');
  afterAll(() => Promise.all(kinds.map((kind) => kind.dispose())));

  it.each(kinds)('does not end the process, and is reconnected to', async (kind) => {
    const { db } = await kind.open();
    const others = sql`select pg_terminate_backend(pid) from pg_stat_activity
      where pid <> pg_backend_pid() and query like '%drop-me%'`;
    await Promise.all([1, 2, 3].map(() => sql`select 'drop-me', pg_sleep(0.05)`.execute(db)));
    await others.execute(db);
    await sleep(50);
    const answers = await Promise.all([1, 2, 3].map(() => sql<{ one: number }>`select 1 as one`.execute(db)));
    expect(answers.map(({ rows }) => rows[0]?.one)).toEqual([1, 1, 1]);
  });

  it.each(kinds)('says storage_unavailable to the statement it cuts off', async (kind) => {
    const { db } = await kind.open();
    const cut = sql`select 'cut-me-off', pg_sleep(20)`.execute(db);
    const caught = cut.catch((error: unknown) => error);
    await sleep(200);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where pid <> pg_backend_pid() and query like 'select ''cut-me-off''%'`.execute(db);
    expect(await caught).toMatchObject({ code: 'storage_unavailable' });
  });
});
