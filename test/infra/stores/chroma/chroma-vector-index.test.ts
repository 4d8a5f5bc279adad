import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChromaClient } from 'chromadb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, passageId } from '../../../../src/domain/ids.js';
import { type ChromaServer, startChromaServer } from '../../../../src/infra/stores/chroma/chroma-server.js';
import { createChromaVectorIndex } from '../../../../src/infra/stores/chroma/chroma-vector-index.js';
import { describeVectorIndexContract } from '../../../contract/vector-index.js';

let dataDirectory: string;
let server: ChromaServer;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'footnote-vectors-'));
  server = await startChromaServer({ dataDirectory });
  await server.ready();
});
afterAll(async () => {
  await server.stop();
  await rm(dataDirectory, { recursive: true, force: true });
});

const createIndex = (extra = {}) => createChromaVectorIndex({ url: () => server.ready(), ...extra });
const vectorsOf = (count: number) =>
  Array.from({ length: count }, (_, ordinal) => ({
    passageId: passageId('doc_a', 1, ordinal),
    documentId: 'doc_a',
    version: 1,
    vector: [Math.cos(ordinal), Math.sin(ordinal), 0],
  }));

function client(): ChromaClient {
  const { hostname, port } = new URL(server.url());
  return new ChromaClient({ host: hostname, port: Number(port), ssl: false });
}

describeVectorIndexContract('Chroma', async () => createIndex({ batchTimeoutMs: 60_000 }));

describe('the Chroma vector index', () => {
  it('stores ids and two scalars, and no text', async () => {
    const collectionId = newId('col');
    await createIndex().upsert(collectionId, vectorsOf(1));
    const collection = await client().getCollection({ name: `fn-${collectionId}` });
    const stored = await collection.get({ include: ['documents', 'metadatas', 'uris'] });
    expect(stored.rows()).toMatchObject([
      { id: 'psg_a_1_0', metadata: { documentId: 'doc_a', version: 1 }, document: null, uri: null },
    ]);
    expect(collection.configuration.hnsw).toMatchObject({ space: 'cosine', ef_search: 1000 });
  });

  it('finds a collection again that somebody else deleted and made anew', async () => {
    const collectionId = newId('col');
    const [mine, other] = [createIndex(), createIndex()];
    await mine.upsert(collectionId, vectorsOf(3));
    await other.removeCollection(collectionId);
    expect(await mine.nearest({ collectionId, vector: [1, 0, 0], limit: 5 })).toEqual([]);
    await mine.upsert(collectionId, vectorsOf(2));
    await other.removeCollection(collectionId);
    await other.upsert(collectionId, vectorsOf(1));
    expect(await mine.nearest({ collectionId, vector: [1, 0, 0], limit: 5 })).toHaveLength(1);
    await other.removeCollection(collectionId);
    await mine.upsert(collectionId, vectorsOf(2));
    expect(await other.listIds(collectionId)).toHaveLength(2);
  });

  it('writes in batches of the configured size', async () => {
    const collectionId = newId('col');
    const index = createIndex({ batchSize: 7 });
    await index.upsert(collectionId, vectorsOf(30));
    expect(await index.listIds(collectionId)).toHaveLength(30);
  });

  it('lists collections of its own only', async () => {
    await client().getOrCreateCollection({ name: 'somebody-elses', embeddingFunction: null });
    const collections = await createIndex().listCollections();
    expect(collections.every((id) => id.startsWith('col_'))).toBe(true);
  });

  it.each(['', 'a/b', 'a b', 'probe', '../x', '-'])('refuses the collection id %j', async (collectionId) => {
    await expect(createIndex().upsert(collectionId, vectorsOf(1))).rejects.toMatchObject({ code: 'internal_error' });
  });

  it('answers again after the server was killed, on its new address', async () => {
    const collectionId = newId('col');
    const index = createIndex({ timeoutMs: 10_000 });
    await index.upsert(collectionId, vectorsOf(3));
    const before = server.url();
    process.kill(server.pid() as number, 'SIGKILL');
    const hits = await index.nearest({ collectionId, vector: [1, 0, 0], limit: 5 });
    expect(hits.map((hit) => hit.passageId).sort()).toEqual(['psg_a_1_0', 'psg_a_1_1', 'psg_a_1_2']);
    expect(server.url()).not.toBe(before);
  });

  it('gives up in time when the server hangs, then fails at once, then recovers', async () => {
    const index = createIndex({ timeoutMs: 300, breakAfter: 2, breakForMs: 500 });
    await index.probe();
    const pid = server.pid() as number;
    process.kill(pid, 'SIGSTOP');
    try {
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const startedAt = performance.now();
        await expect(index.probe()).rejects.toMatchObject({ code: 'search_unavailable', retryAfterSeconds: 5 });
        expect(performance.now() - startedAt).toBeLessThan(2000);
      }
      const startedAt = performance.now();
      await expect(index.probe()).rejects.toThrow(/short rest/);
      expect(performance.now() - startedAt).toBeLessThan(100);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await expect.poll(() => index.probe().then(() => 'up'), { timeout: 5000 }).toBe('up');
  });

  it('says search_unavailable when nothing listens', async () => {
    const index = createChromaVectorIndex({ url: () => 'http://127.0.0.1:9', timeoutMs: 2000 });
    const query = { collectionId: 'col_a', vector: [1], limit: 1 };
    await expect(index.nearest(query)).rejects.toMatchObject({ code: 'search_unavailable', retryAfterSeconds: 5 });
    await expect(index.listCollections()).rejects.toMatchObject({ code: 'search_unavailable' });
  });

  it('waits for the address no longer than its limit', async () => {
    const index = createChromaVectorIndex({ url: () => new Promise(() => undefined), timeoutMs: 200 });
    await expect(index.probe()).rejects.toMatchObject({ code: 'search_unavailable' });
  });

  it('says search_unavailable when something else answers', async () => {
    const something: Server = createServer((_, response) => response.end('<html>hello</html>'));
    await new Promise<void>((resolve) => something.listen(0, '127.0.0.1', resolve));
    const { port } = something.address() as { port: number };
    const index = createChromaVectorIndex({ url: () => `http://127.0.0.1:${port}`, timeoutMs: 2000 });
    await expect(index.probe()).rejects.toMatchObject({ code: 'search_unavailable' });
    await expect(index.listCollections()).rejects.toMatchObject({ code: 'search_unavailable' });
    something.closeAllConnections();
    await new Promise((resolve) => something.close(resolve));
  });
});

describe('a collection whose index file is damaged', () => {
  let folder: string;
  let own: ChromaServer | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'footnote-damaged-'));
  });
  afterAll(async () => {
    await own?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is reported, does not stop the others, and can be written anew', async () => {
    const [broken, whole] = [newId('col'), newId('col')];
    own = await startChromaServer({ dataDirectory: folder });
    const before = createChromaVectorIndex({ url: () => (own as ChromaServer).ready() });
    // More than Chroma keeps in its log alone (1000), so that there are index files.
    await before.upsert(broken, vectorsOf(1500));
    await before.upsert(whole, vectorsOf(2));
    await own.stop();
    const chroma = join(folder, 'chroma');
    const file = (await readdir(chroma, { recursive: true })).find((name) => name.endsWith('index_metadata.pickle'));
    await truncate(join(chroma, file as string), 0);

    own = await startChromaServer({ dataDirectory: folder });
    const damaged: string[] = [];
    const index = createChromaVectorIndex({
      url: () => (own as ChromaServer).ready(),
      timeoutMs: 10_000,
      breakAfter: 2,
      onDamage: (collectionId) => damaged.push(collectionId),
    });
    const ask = (collectionId: string) => index.nearest({ collectionId, vector: [1, 0, 0], limit: 2 });
    for (let attempt = 0; attempt < 4; attempt += 1) await expect(ask(broken)).rejects.toThrow(/damaged/);
    expect(damaged).toEqual([broken, broken, broken, broken]);
    expect(await ask(whole)).toHaveLength(2);
    await index.probe();
    await index.removeCollection(broken);
    await index.upsert(broken, vectorsOf(2));
    expect(await ask(broken)).toHaveLength(2);
  }, 60_000);
});
