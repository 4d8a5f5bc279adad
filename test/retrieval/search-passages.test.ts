import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/domain/errors.js';
import { type SearchRequest, type StoredPassage, searchRequestSchema } from '../../src/domain/passage.js';
import type { LexicalHit } from '../../src/domain/ports/lexical-index.js';
import type { Reranker } from '../../src/domain/ports/reranker.js';
import type { VectorHit } from '../../src/domain/ports/vector-index.js';
import type { Principal } from '../../src/domain/principal.js';
import { createSearchPassages, type SearchDeps } from '../../src/retrieval/search-passages.js';
import { createFakeEvents } from '../fakes/fake-events.js';

const principal: Principal = { tenantId: 'tenant-1', keyId: 'local' };

interface World {
  lexical?: Record<string, LexicalHit[]> | Error;
  vector?: Record<string, VectorHit[]> | Error;
  live?: string[];
  reranker?: Reranker;
}

const passageOf = (id: string): StoredPassage => ({
  id,
  documentId: `doc_${id}`,
  documentTitle: `Title ${id}`,
  collection: 'default',
  version: 1,
  page: 1,
  pageLabel: null,
  heading: [],
  text: `text of ${id}`,
  start: 0,
  end: 9,
});

function createWorld(world: World) {
  const events = createFakeEvents();
  const asked: string[] = [];
  let now = 0;
  const deps: SearchDeps = {
    events,
    clock: { now: () => ++now },
    reranker: world.reranker ?? null,
    weights: { lexical: 0.8, vector: 0.2 },
    collections: {
      async find(tenantId, name) {
        if (tenantId !== 'tenant-1' || !['default', 'hr', 'col_default', 'col_hr'].includes(name)) return null;
        const id = name.startsWith('col_') ? name : `col_${name}`;
        const times = { createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' };
        return { id, name, description: '', settings: {}, documents: 0, passages: 0, ...times };
      },
    },
    lexical: {
      async search({ collectionId, limit }) {
        asked.push(`lexical ${collectionId}`);
        if (world.lexical instanceof Error) throw world.lexical;
        return (world.lexical?.[collectionId] ?? []).slice(0, limit);
      },
    },
    vectors: {
      async nearest({ collectionId, limit }) {
        asked.push(`vector ${collectionId}`);
        if (world.vector instanceof Error) throw world.vector;
        return (world.vector?.[collectionId] ?? []).slice(0, limit);
      },
    },
    embedder: {
      id: 'fake',
      dimension: 2,
      batchSize: 1,
      embedPassages: async (texts) => texts.map(() => [1, 0]),
      embedQuery: async () => [1, 0],
    },
    passages: {
      async findLive({ tenantId, passageIds }) {
        expect(tenantId).toBe('tenant-1');
        return passageIds
          .filter((id) => world.live === undefined || world.live.includes(id))
          .reverse()
          .map(passageOf);
      },
    },
  };
  const search = createSearchPassages(deps);
  const run = (request: Partial<SearchRequest> = {}, signal?: AbortSignal) =>
    search(principal, searchRequestSchema.parse({ query: 'annual leave', ...request }), signal);
  return { run, events, asked };
}

const LEXICAL = {
  col_default: [
    { passageId: 'a', score: 10 },
    { passageId: 'b', score: 9 },
  ],
};
const VECTOR = {
  col_default: [
    { passageId: 'c', similarity: 0.9 },
    { passageId: 'b', similarity: 0.8 },
  ],
};
const down = new AppError('search_unavailable', 'Chroma does not answer.');

describe('createSearchPassages', () => {
  it('fuses both legs and shows the scores only when asked', async () => {
    const { run, events } = createWorld({ lexical: LEXICAL, vector: VECTOR });
    const plain = await run();
    expect(plain.passages.map(({ id }) => id)).toEqual(['b', 'a', 'c']);
    expect(plain.passages[0]).toEqual({ ...passageOf('b'), score: expect.closeTo(0.72 + 0.2 * (0.8 / 0.9)) });
    const explained = await run({ explain: true });
    expect(explained.passages[1]?.scores).toEqual({ lexical: 10, vector: null, rerank: null });
    expect(explained.timings.totalMs).toBeGreaterThan(0);
    expect(events.of('searched')[0]).toMatchObject({ mode: 'hybrid', hits: 3, dropped: 0 });
  });

  it.each([
    ['lexical', ['a', 'b'], ['lexical col_default']],
    ['vector', ['c', 'b'], ['vector col_default']],
  ] as const)('asks only the %s leg in that mode and gives its best the score 1', async (mode, ids, calls) => {
    const { run, asked } = createWorld({ lexical: LEXICAL, vector: VECTOR });
    const { passages } = await run({ mode });
    expect(passages.map(({ id }) => id)).toEqual(ids);
    expect(passages[0]?.score).toBe(1);
    expect(asked).toEqual(calls);
  });

  it('drops what SQL does not know as live and counts it by leg', async () => {
    const { run, events } = createWorld({ lexical: LEXICAL, vector: VECTOR, live: ['a'] });
    expect((await run()).passages.map(({ id }) => id)).toEqual(['a']);
    expect(events.of('hitsDropped')).toEqual([
      { leg: 'lexical', count: 1 },
      { leg: 'vector', count: 2 },
    ]);
    expect(events.of('searched')[0]).toMatchObject({ hits: 1, dropped: 2 });
  });

  it('merges several collections and asks one that is named twice only once', async () => {
    const lexical = { ...LEXICAL, col_hr: [{ passageId: 'h', score: 9.5 }] };
    const { run, asked } = createWorld({ lexical, vector: {} });
    const { passages } = await run({ collections: ['default', 'hr', 'col_hr'], mode: 'lexical' });
    expect(passages.map(({ id }) => id)).toEqual(['a', 'h', 'b']);
    expect(asked).toEqual(['lexical col_default', 'lexical col_hr']);
  });

  it('says not_found for an unknown collection and for one of another tenant', async () => {
    const { run } = createWorld({});
    await expect(run({ collections: ['default', 'nope'] })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('answers from the lexical leg when the vector leg is down, and counts it', async () => {
    const { run, events } = createWorld({ lexical: LEXICAL, vector: down });
    const { passages } = await run();
    expect(passages.map(({ id, score }) => [id, score])).toEqual([
      ['a', 1],
      ['b', 0.9],
    ]);
    expect(events.of('searched')[0]).toMatchObject({ mode: 'hybrid-without-vector' });
    expect(events.of('modelFailed')).toEqual([]);
  });

  it('names the embedder when that is what failed', async () => {
    const { run, events } = createWorld({ lexical: LEXICAL, vector: new AppError('model_unavailable', 'No answer.') });
    expect((await run()).passages).toHaveLength(2);
    expect(events.of('modelFailed')[0]).toMatchObject({ model: 'fake', code: 'model_unavailable' });
  });

  it('says search_unavailable in vector mode when the vector leg is down, whatever the cause', async () => {
    await expect(createWorld({ vector: down }).run({ mode: 'vector' })).rejects.toBe(down);
    const failing = createWorld({ vector: new Error('boom') });
    await expect(failing.run({ mode: 'vector' })).rejects.toMatchObject({ code: 'search_unavailable' });
  });

  it('fails when the lexical leg fails: nothing could be checked without SQL anyway', async () => {
    const broken = new AppError('storage_unavailable', 'SQL does not answer.');
    await expect(createWorld({ lexical: broken, vector: VECTOR }).run()).rejects.toBe(broken);
  });

  it('orders by the reranker, and keeps the fused order when that fails', async () => {
    const scores: Record<string, number> = { a: 0.1, b: 0.2, c: 0.9 };
    const reranker: Reranker = {
      id: 'rerank',
      score: async (_query, texts) => texts.map((text) => scores[text.slice(-1)] ?? 0),
    };
    const { passages } = await createWorld({ lexical: LEXICAL, vector: VECTOR, reranker }).run({ explain: true });
    expect(passages.map(({ id, score, scores: each }) => [id, score, each?.rerank])).toEqual([
      ['c', 0.9, 0.9],
      ['b', 0.2, 0.2],
      ['a', 0.1, 0.1],
    ]);
    const score = async () => {
      throw new AppError('model_unavailable', 'No answer.');
    };
    const failing = createWorld({ lexical: LEXICAL, vector: VECTOR, reranker: { id: 'rerank', score } });
    expect((await failing.run()).passages.map(({ id }) => id)).toEqual(['b', 'a', 'c']);
    expect(failing.events.of('modelFailed')[0]).toMatchObject({ model: 'rerank', code: 'model_unavailable' });
  });

  it('gives at most topK, and nothing for a question without words or an empty library', async () => {
    const { run } = createWorld({ lexical: LEXICAL, vector: VECTOR });
    expect((await run({ topK: 2 })).passages).toHaveLength(2);
    expect((await createWorld({}).run({ query: '???' })).passages).toEqual([]);
  });

  it('stops when the caller has gone', async () => {
    const { run } = createWorld({ lexical: LEXICAL, vector: VECTOR });
    await expect(run({}, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });
});
