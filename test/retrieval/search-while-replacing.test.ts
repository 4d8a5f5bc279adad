import { describe, expect, it } from 'vitest';
import { type SearchRequest, type StoredPassage, searchRequestSchema } from '../../src/domain/passage.js';
import { createSearchPassages } from '../../src/retrieval/search-passages.js';
import { createFakeEvents } from '../fakes/fake-events.js';

const stored = (id: string): StoredPassage => ({
  ...{
    id,
    documentId: 'doc_1',
    documentTitle: 'Rules',
    collection: 'default',
    version: 1,
    page: null,
    pageLabel: null,
  },
  ...{ heading: [], text: 'text', start: 0, end: 4 },
});

/** A search whose legs name `rounds[n]` at the n-th time; `live` is what SQL knows. */
function searchOver(rounds: { lexical?: string[]; vector?: string[] }[], live: string[]) {
  const events = createFakeEvents();
  let round = -1;
  const now = () => rounds[Math.min(round, rounds.length - 1)];
  const search = createSearchPassages({
    events,
    clock: { now: () => 0 },
    reranker: null,
    weights: { lexical: 0.8, vector: 0.2 },
    collections: {
      find: async () => {
        const at = '2026-01-01T00:00:00Z';
        return {
          id: 'col_1',
          name: 'default',
          description: '',
          settings: {},
          documents: 1,
          passages: 1,
          createdAt: at,
          updatedAt: at,
        };
      },
    },
    lexical: {
      search: async () => {
        round += 1;
        return (now()?.lexical ?? []).map((passageId) => ({ passageId, score: 1 }));
      },
    },
    vectors: { nearest: async () => (now()?.vector ?? []).map((passageId) => ({ passageId, similarity: 1 })) },
    embedder: { id: 'fake', dimension: 1, batchSize: 1, embedPassages: async () => [], embedQuery: async () => [1] },
    passages: { findLive: async ({ passageIds }) => passageIds.filter((id) => live.includes(id)).map(stored) },
  });
  const request: SearchRequest = searchRequestSchema.parse({ query: 'crates' });
  return {
    events,
    rounds: () => round + 1,
    find: async () => (await search({ tenantId: 't', keyId: 'local' }, request)).passages.map(({ id }) => id),
  };
}

describe('a search while a document is replaced', () => {
  it('is done again when the new version went live between the legs and the check', async () => {
    const { find, rounds, events } = searchOver([{ lexical: ['old'], vector: ['old'] }, { lexical: ['new'] }], ['new']);
    expect(await find()).toEqual(['new']);
    expect(rounds()).toBe(2);
    expect(events.of('hitsDropped')).toEqual([]);
    expect(events.of('searched')).toHaveLength(1);
  });

  it('is done once when only vectors of a version that is not live yet were named', async () => {
    const { find, rounds } = searchOver([{ lexical: ['live'], vector: ['live', 'next'] }], ['live']);
    expect(await find()).toEqual(['live']);
    expect(rounds()).toBe(1);
  });

  it('is not done for ever', async () => {
    const { find, rounds, events } = searchOver([{ lexical: ['old'] }], []);
    expect(await find()).toEqual([]);
    expect(rounds()).toBe(3);
    expect(events.of('hitsDropped')).toEqual([{ leg: 'lexical', count: 1 }]);
  });
});
