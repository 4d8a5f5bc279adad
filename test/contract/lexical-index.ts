import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { LexicalIndex, PassageTerms, WeightedTerm } from '../../src/domain/ports/lexical-index.js';
import { createFakeLexicalIndex } from '../fakes/fake-lexical-index.js';
import type { PassageRows } from '../support/passage-rows.js';
import { countTerms, seededRandom, zipfWords } from '../support/zipf-corpus.js';

/** An empty index and the means to store and publish the passages that it indexes. */
export interface LexicalIndexSubject {
  index: LexicalIndex;
  rows: PassageRows;
}

const COLLECTION = 'col_one';

/** What every lexical index must do. */
export function describeLexicalIndexContract(
  name: string,
  makeSubject: () => Promise<LexicalIndexSubject>,
  dispose: () => Promise<void> = async () => {},
): void {
  describe(`${name} as a lexical index`, () => {
    let index: LexicalIndex;
    let rows: PassageRows;

    beforeEach(async () => {
      ({ index, rows } = await makeSubject());
    });
    afterAll(dispose);

    /** Stores and indexes a version whose passages are given as words; live unless told otherwise. */
    async function add(
      documentId: string,
      passages: string[],
      options: { collectionId?: string; version?: number; live?: boolean } = {},
    ): Promise<string[]> {
      const { collectionId = COLLECTION, version = 1, live = true } = options;
      const analysed = passages.map((text) => countTerms(text.split(' ')));
      const lengths = analysed.map(({ length }) => length);
      const ids = await rows.addVersion({ collectionId, documentId, version, lengths });
      await index.index(collectionId, withIds(ids, analysed));
      if (live) await rows.setLive(documentId, version);
      return ids;
    }

    const search = (words: string, limit = 10) =>
      index.search({ collectionId: COLLECTION, terms: countTerms(words.split(' ')).terms, limit });
    const find = async (words: string, limit = 10) => (await search(words, limit)).map(({ passageId }) => passageId);

    it('scores by the formula of BM25', async () => {
      const [first, second] = await add('doc_a', ['cat cat dog', 'dog bird fish fish bird', 'fish']);
      const idf = (df: number) => Math.log(1 + (3 - df + 0.5) / (df + 0.5));
      const saturated = (tf: number, length: number) => (tf * 2.2) / (tf + 1.2 * (0.25 + (0.75 * length) / 3));
      const hits = await search('cat dog');
      expect(hits.map(({ passageId }) => passageId)).toEqual([first, second]);
      expect(hits[0]?.score).toBeCloseTo(idf(1) * saturated(2, 3) + idf(2) * saturated(1, 3), 7);
      expect(hits[1]?.score).toBeCloseTo(idf(2) * saturated(1, 5), 7);
    });

    it('multiplies with the weights of the query and adds up a term that stands there twice', async () => {
      await add('doc_a', ['cat', 'dog']);
      const score = async (terms: WeightedTerm[]) =>
        (await index.search({ collectionId: COLLECTION, terms, limit: 1 }))[0]?.score ?? 0;
      const single = await score([{ term: 'cat', weight: 1 }]);
      expect(await score([{ term: 'cat', weight: 0.25 }])).toBeCloseTo(single / 4, 7);
      expect(
        await score([
          { term: 'cat', weight: 1 },
          { term: 'cat', weight: 0.5 },
        ]),
      ).toBeCloseTo(single * 1.5, 7);
    });

    it('breaks ties by the order of the passages', async () => {
      const first = await add('doc_b', ['cat dog', 'dog cat', 'cat dog']);
      const second = await add('doc_a', ['dog cat']);
      expect(await find('cat dog')).toEqual([...first, ...second]);
      expect(await find('dog cat', 2)).toEqual(first.slice(0, 2));
    });

    it('leaves after indexing twice what indexing once left', async () => {
      const ids = await add('doc_a', ['cat dog', 'dog']);
      const once = await search('cat dog');
      const passages = withIds(ids, [countTerms(['cat', 'dog']), countTerms(['dog'])]);
      await index.index(COLLECTION, passages);
      await index.index(COLLECTION, [...passages, ...passages]);
      expect(await search('cat dog')).toEqual(once);
    });

    it('replaces the terms of a passage that is indexed again', async () => {
      const ids = await add('doc_a', ['cat dog', 'bird']);
      await index.index(COLLECTION, withIds(ids, [countTerms(['fish', 'dog'])]));
      expect(await find('cat')).toEqual([]);
      expect(await find('fish')).toEqual([ids[0]]);
      expect(await find('bird')).toEqual([ids[1]]);
    });

    it('gives passages of the live version only', async () => {
      await add('doc_a', ['cat one'], { version: 1 });
      const [next] = await add('doc_a', ['cat two'], { version: 2, live: false });
      await add('doc_b', ['cat three'], { live: false });
      expect(await find('cat two three')).toEqual(['psg_a_1_0']);
      await rows.setLive('doc_a', 2);
      expect(await find('cat one')).toEqual([next]);
    });

    it('never gives a passage of a deleted document', async () => {
      await add('doc_a', ['cat']);
      const [other] = await add('doc_b', ['cat bird']);
      await rows.tombstone('doc_a');
      expect(await find('cat')).toEqual([other]);
    });

    it('does not let dead passages crowd out live ones', async () => {
      await add(
        'doc_old',
        Array.from({ length: 300 }, () => 'cat cat'),
        { live: false },
      );
      const live = await add('doc_new', ['cat dog bird fish', 'dog', 'cat dog bird']);
      expect(await find('cat', 2)).toEqual([live[2], live[0]]);
    });

    it('removes one version or the whole document and tells how many passages lost their terms', async () => {
      await add('doc_a', ['cat', 'dog'], { version: 1 });
      await add(
        'doc_a',
        Array.from({ length: 70 }, () => 'cat bird'),
        { version: 2 },
      );
      const [other] = await add('doc_b', ['cat']);
      expect(await index.removeDocument({ documentId: 'doc_a', version: 1 })).toBe(2);
      expect(await index.removeDocument({ documentId: 'doc_a', version: 1 })).toBe(0);
      expect(await find('bird', 100)).toHaveLength(70);
      expect(await index.removeDocument({ documentId: 'doc_a' })).toBe(70);
      expect(await find('cat bird')).toEqual([other]);
    });

    it('lists the passages of a version that are indexed, in order', async () => {
      const ids = await add('doc_a', ['cat', 'dog', 'bird']);
      await add('doc_a', ['cat'], { version: 2 });
      expect(await index.listPassageIds('doc_a', 1)).toEqual(ids);
      await index.removeDocument({ documentId: 'doc_a', version: 1 });
      expect(await index.listPassageIds('doc_a', 1)).toEqual([]);
    });

    it('keeps collections apart, their scores too', async () => {
      await add('doc_a', ['cat dog', 'bird']);
      const before = await search('cat dog');
      await add('doc_b', ['cat', 'cat', 'cat cat cat cat cat'], { collectionId: 'col_two' });
      expect(await search('cat dog')).toEqual(before);
    });

    it('finds nothing without terms, in an unknown collection and for words that nobody wrote', async () => {
      await add('doc_a', ['cat']);
      expect(await index.search({ collectionId: COLLECTION, terms: [], limit: 5 })).toEqual([]);
      expect(await index.search({ collectionId: 'col_x', terms: [{ term: 'cat', weight: 1 }], limit: 5 })).toEqual([]);
      expect(await find('dog')).toEqual([]);
      expect(await find('cat', 0)).toEqual([]);
    });

    const weigh = async (terms: string[], collectionId = COLLECTION) => {
      const { passages, frequencies } = await index.weighTerms({ collectionId, terms });
      return { passages, counts: Object.fromEntries(frequencies) };
    };

    it('tells in how many passages of the collection each term stands', async () => {
      await add('doc_a', ['cat cat dog', 'dog bird', 'fish']);
      await add('doc_b', ['cat cow'], { collectionId: 'col_two' });
      expect(await weigh(['cat', 'dog', 'cow', 'cat'])).toEqual({ passages: 3, counts: { cat: 1, dog: 2, cow: 0 } });
      expect(await weigh([])).toEqual({ passages: 3, counts: {} });
      expect(await weigh(['cat'], 'col_x')).toEqual({ passages: 0, counts: { cat: 0 } });
    });

    it('tells of live passages only how many there are, and never more of a term than that', async () => {
      await add('doc_a', ['cat', 'cat dog'], { version: 1 });
      await add('doc_a', ['cat', 'cat', 'cat'], { version: 2, live: false });
      expect(await weigh(['cat', 'dog'])).toEqual({ passages: 2, counts: { cat: 2, dog: 1 } });
      await index.removeDocument({ documentId: 'doc_a', version: 2 });
      await rows.tombstone('doc_a');
      expect(await weigh(['cat'])).toEqual({ passages: 0, counts: { cat: 0 } });
    });

    it('stops counting a term that stands in very many passages', async () => {
      await add(
        'doc_a',
        Array.from({ length: 1200 }, (_, at) => (at % 100 === 0 ? 'the bird' : 'the dog')),
      );
      const { passages, counts } = await weigh(['the', 'bird']);
      expect({ passages, bird: counts.bird }).toEqual({ passages: 1200, bird: 12 });
      expect(counts.the).toBeGreaterThan(240);
    });

    it('keeps terms of any characters apart', async () => {
      const odd = ['"', '\\', "'", '', '12', '1e3', 'null', '__proto__', 'constructor', '%', '$[0]', '{"a":1}'];
      const terms = [
        ...odd,
        '\n',
        '家族',
        'été',
        '🙂',
        '\u{1f9d1}\u200d\u{1f680}',
        'a'.repeat(20_000),
        'ﷺ'.repeat(300),
      ];
      const lengths = terms.map(() => 1);
      const ids = await rows.addVersion({ collectionId: COLLECTION, documentId: 'doc_a', version: 1, lengths });
      await index.index(
        COLLECTION,
        withIds(
          ids,
          terms.map((term) => ({ terms: [{ term, weight: 1 }], length: 1 })),
        ),
      );
      await rows.setLive('doc_a', 1);
      for (const [position, term] of terms.entries()) {
        const hits = await index.search({ collectionId: COLLECTION, terms: [{ term, weight: 1 }], limit: 5 });
        expect(
          hits.map(({ passageId }) => passageId),
          JSON.stringify(term.slice(0, 9)),
        ).toEqual([ids[position]]);
      }
    });

    it('takes terms with NUL or half a surrogate pair, which no database can store', async () => {
      const [id] = await rows.addVersion({ collectionId: COLLECTION, documentId: 'doc_a', version: 1, lengths: [3] });
      const terms = ['a\0b', '\ud83d', 'x\udc00'].map((term) => ({ term, weight: 1 }));
      await index.index(COLLECTION, withIds([id as string], [{ terms, length: 3 }]));
      await rows.setLive('doc_a', 1);
      for (const term of terms) {
        expect(await index.search({ collectionId: COLLECTION, terms: [term], limit: 5 })).toHaveLength(1);
      }
    });

    it('leaves out very common terms only where rarer ones find enough', async () => {
      const texts = Array.from({ length: 1200 }, (_, at) =>
        at % 3 === 0 ? 'the cat' : at % 100 === 1 ? 'the bird' : 'the dog',
      );
      const ids = await add('doc_a', texts);
      const both = await search('the bird', 5);
      expect(both).toEqual(await search('bird', 5));
      expect(await find('the', 3)).toEqual(ids.slice(0, 3));
      const birds = ids.filter((_, at) => texts[at] === 'the bird');
      const more = await find('the bird', 20);
      expect(more).toHaveLength(20);
      expect(more.slice(0, birds.length)).toEqual(birds);
    });

    it('ranks a random corpus with many ties as the formula says', async () => {
      const random = seededRandom(20);
      const word = zipfWords(random, 400);
      const words = (count: number) => Array.from({ length: count }, word);
      const passages = Array.from({ length: 500 }, () => words(3 + Math.floor(random() * 12)));
      const texts = [...passages, ...passages.slice(0, 100)].map((text) => text.join(' '));
      const ids = await add('doc_a', texts);
      const reference = createFakeLexicalIndex();
      await reference.index(
        COLLECTION,
        withIds(
          ids,
          texts.map((text) => countTerms(text.split(' '))),
        ),
      );
      for (let question = 0; question < 25; question += 1) {
        const { terms } = countTerms(words(1 + (question % 12)));
        const found = await index.search({ collectionId: COLLECTION, terms, limit: 60 });
        const expected = await reference.search({ collectionId: COLLECTION, terms, limit: 60 });
        expect(found.map(({ passageId }) => passageId)).toEqual(expected.map(({ passageId }) => passageId));
        for (const [rank, { score }] of found.entries())
          expect(Math.abs(score - (expected[rank]?.score ?? 0))).toBeLessThan(1e-7);
      }
    });
  });
}

function withIds(ids: string[], analysed: { terms: WeightedTerm[]; length: number }[]): PassageTerms[] {
  return analysed.map((passage, at) => ({ passageId: ids[at] as string, ...passage }));
}
