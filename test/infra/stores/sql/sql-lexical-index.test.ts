import { afterAll, describe, expect, it } from 'vitest';
import type { LexicalHit } from '../../../../src/domain/ports/lexical-index.js';
import type { SqlDatabase } from '../../../../src/infra/stores/sql/open-database.js';
import { createSqlLexicalIndex } from '../../../../src/infra/stores/sql/sql-lexical-index.js';
import { describeLexicalIndexContract } from '../../../contract/lexical-index.js';
import { createPassageRows } from '../../../support/passage-rows.js';
import { sqlTestDatabases } from '../../../support/sql-databases.js';
import { countTerms, seededRandom, zipfWords } from '../../../support/zipf-corpus.js';

for (const databases of sqlTestDatabases()) {
  describeLexicalIndexContract(
    databases.name,
    async () => {
      const database = await databases.open();
      return { index: createSqlLexicalIndex(database), rows: createPassageRows(database) };
    },
    databases.dispose,
  );

  describe(`${databases.name} under two indexers`, () => {
    afterAll(databases.dispose);

    it('lets them write the same terms, and the same passages, at the same time', async () => {
      const database = await databases.open();
      const rows = createPassageRows(database);
      const index = createSqlLexicalIndex(database);
      const word = zipfWords(seededRandom(3), 300);
      const analysed = Array.from({ length: 400 }, () => countTerms(Array.from({ length: 60 }, word)));
      const lengths = analysed.map(({ length }) => length);
      const ids = await rows.addVersion({ collectionId: 'col_one', documentId: 'doc_a', version: 1, lengths });
      await rows.setLive('doc_a', 1);
      const passages = analysed.map((passage, at) => ({ passageId: ids[at] as string, ...passage }));
      await Promise.all([
        index.index('col_one', passages),
        index.index('col_one', [...passages].reverse()),
        index.index('col_one', passages.slice(100)),
      ]);
      const { count } = await database.db
        .selectFrom('lexical_posting')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      expect(count).toBe(analysed.reduce((sum, { terms }) => sum + terms.length, 0));
    });
  });
}

describe('SQLite and PostgreSQL', () => {
  const all = sqlTestDatabases();
  afterAll(async () => {
    await Promise.all(all.map((databases) => databases.dispose()));
  });

  async function rank(database: SqlDatabase): Promise<LexicalHit[][]> {
    const random = seededRandom(11);
    const word = zipfWords(random, 3000);
    const words = (count: number) => Array.from({ length: count }, word);
    const passages = Array.from({ length: 1500 }, () => countTerms(words(20 + Math.floor(random() * 60))));
    const analysed = [...passages, ...passages.slice(0, 300)];
    const rows = createPassageRows(database);
    const lengths = analysed.map(({ length }) => length);
    const ids = await rows.addVersion({ collectionId: 'col_one', documentId: 'doc_a', version: 1, lengths });
    const index = createSqlLexicalIndex(database, { k1: 0.9, b: 0.5 });
    await index.index(
      'col_one',
      analysed.map((passage, at) => ({ passageId: ids[at] as string, ...passage })),
    );
    await rows.setLive('doc_a', 1);
    const rankings: LexicalHit[][] = [];
    for (let question = 0; question < 30; question += 1) {
      rankings.push(await index.search({ collectionId: 'col_one', terms: countTerms(words(10)).terms, limit: 100 }));
    }
    return rankings;
  }

  it.skipIf(all.length < 2)('rank alike to the last tie (needs TEST_DATABASE_URL)', { timeout: 60_000 }, async () => {
    const [sqlite, postgres] = await Promise.all(all.map(async (databases) => rank(await databases.open())));
    expect(postgres).toEqual(sqlite);
    expect(sqlite?.flat()).toHaveLength(3000);
  });
});
