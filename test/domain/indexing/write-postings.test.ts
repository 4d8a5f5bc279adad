import { expect, it } from 'vitest';
import { writePostings } from '../../../src/domain/indexing/write-postings.js';
import type { IndexedChunk } from '../../../src/domain/ports/ingest-store.js';
import { createFakeLexicalIndex } from '../../fakes/fake-lexical-index.js';

const chunk = (ordinal: number, text: string): IndexedChunk => ({
  passageId: `psg_d_1_${ordinal}`,
  ordinal,
  page: 1,
  start: 0,
  end: text.length,
  text,
  heading: [],
  context: '',
});

it('indexes every passage, also one without a word, so that none counts as missing', async () => {
  const chunks = [chunk(0, 'The ferry leaves at nine.'), chunk(1, '— — —')];
  const indexed: string[] = [];
  const lexical = createFakeLexicalIndex();
  const index: typeof lexical.index = async (collectionId, passages) => {
    for (const { passageId, terms } of passages) if (terms.length > 0) indexed.push(passageId);
    await lexical.index(collectionId, passages);
  };
  const result = await writePostings(
    { collectionId: 'col_1', title: '' },
    { lexical: { ...lexical, index }, readChunks: async ({ fromOrdinal }) => chunks.slice(fromOrdinal) },
  );
  expect(result.passages).toBe(2);
  expect(result.indexedLength).toBeGreaterThan(0);
  expect(indexed).toEqual(['psg_d_1_0', 'psg_d_1_1']);
});
