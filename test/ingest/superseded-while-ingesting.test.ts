import { describe, expect, it } from 'vitest';
import { createJobHandlers } from '../../ingest/job-handlers.js';
import { createRemoveDocument } from '../../ingest/remove/remove-document.js';
import { INGEST_DOCUMENT } from '../../src/domain/jobs/ingest-document.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { systemClock } from '../../src/domain/ports/clock.js';
import { LeaseLostError } from '../../src/domain/ports/job-queue.js';
import { analyseQuery } from '../../src/domain/text/analyse-terms.js';
import { createHashedNgramEmbedder } from '../../src/infra/providers/hashed-ngram-embedder.js';
import { sampleFile } from '../contract/library-subject.js';
import { createFakeAnswerLog } from '../fakes/fake-answer-log.js';
import { createFakeBlobStore } from '../fakes/fake-blob-store.js';
import { createFakeEvents } from '../fakes/fake-events.js';
import { createFakeLexicalIndex } from '../fakes/fake-lexical-index.js';
import { createFakeLibrary } from '../fakes/fake-library.js';
import { createFakeVectorIndex } from '../fakes/fake-vector-index.js';

const CANARY = 'zanzibarplatypus';

/** Enough sections for several batches of vectors, the canary word in each. */
function parsedOf(word: string): ParsedDocument {
  const paragraphs = Array.from({ length: 300 }, (_, index) => `${word} sleeps at noon in room number ${index}.`);
  let text = '';
  const blocks = paragraphs.flatMap((paragraph, index) => {
    const heading = `Room ${index}`;
    const from = text.length;
    text += `${heading}\n${paragraph}\n`;
    const start = from + heading.length + 1;
    return [
      { kind: 'heading' as const, start: from, end: start - 1, level: 1 },
      { kind: 'paragraph' as const, start, end: start + paragraph.length },
    ];
  });
  const page = { number: 1, label: null, status: 'text' as const, reason: null, text, blocks };
  return { title: null, paged: false, pages: [page] };
}

/** The ingest side over in-memory stores; `atPoint` is called at every failpoint. */
async function setUp() {
  const library = createFakeLibrary();
  const vectors = createFakeVectorIndex();
  const lexical = createFakeLexicalIndex();
  const blobs = createFakeBlobStore();
  const hook = { atPoint: async (_name: string) => {}, word: CANARY };
  const { id: collectionId } = await library.collections.ensureDefault('default');
  const failpoint = (name: string) => hook.atPoint(name);
  const shared = { vectors, lexical, blobs, answers: createFakeAnswerLog(), events: createFakeEvents(), failpoint };
  const handlers = createJobHandlers({
    ...shared,
    queue: { progress: async () => {} },
    ingestStore: library.ingest,
    removalStore: library.removal,
    embedder: createHashedNgramEmbedder(),
    parse: async () => parsedOf(hook.word),
    clock: systemClock,
    chunking: { maxTokens: 40, maxPassages: 10_000 },
  });
  const removeDocument = createRemoveDocument({ ...shared, failpoint: async () => {}, store: library.removal });
  const accept = async () => {
    const file = sampleFile({ tenantId: 'default', collectionId });
    await blobs.putBytes(file.blobKey, Buffer.from('bytes'));
    await library.documents.accept(file);
    return file;
  };
  const addVersion = async (documentId: string) => {
    const file = sampleFile({ tenantId: 'default', collectionId });
    await blobs.putBytes(file.blobKey, Buffer.from('bytes'));
    await library.documents.addVersion({ tenantId: 'default', documentId }, { file, change: {} });
    return file;
  };
  const ingest = async (documentId: string, version: number) => {
    const lease = library.takeJob(documentId);
    const handler = handlers[INGEST_DOCUMENT];
    if (lease === null || handler === undefined) throw new Error('there is nothing to do');
    const job = {
      id: lease.jobId,
      kind: INGEST_DOCUMENT,
      payload: { documentId, version },
      attempt: 1,
      maxAttempts: 3,
    };
    return await handler({ ...job, lease }, new AbortController().signal);
  };
  const versionsInIndex = async () =>
    [...new Set((await vectors.listIds(collectionId)).map(({ version }) => version))].toSorted();
  return {
    library,
    vectors,
    lexical,
    blobs,
    hook,
    collectionId,
    removeDocument,
    accept,
    addVersion,
    ingest,
    versionsInIndex,
  };
}

describe('a document that is deleted while it is ingested', () => {
  it.each([
    ['before the embedding', 'ingest.embed', 1],
    ['between two batches of it', 'ingest.embed_batch', 2],
    ['after its last batch', 'ingest.after_vectors', 1],
    ['before the switch', 'ingest.before_switch', 1],
  ])('%s leaves nothing in any store', async (_when, point, passage) => {
    const { library, vectors, lexical, blobs, hook, collectionId, removeDocument, accept, ingest } = await setUp();
    const { documentId } = await accept();
    let passed = 0;
    hook.atPoint = async (name) => {
      if (name !== point) return;
      passed += 1;
      if (passed !== passage) return;
      await library.documents.tombstone('default', documentId);
      // The removal has passed before the ingestion notices anything.
      await removeDocument({ payload: { documentId } });
    };
    await expect(ingest(documentId, 1)).rejects.toBeInstanceOf(LeaseLostError);
    expect(passed).toBeGreaterThanOrEqual(passage);
    expect(await library.documents.find('default', documentId)).toBeNull();
    expect(await vectors.listIds(collectionId)).toEqual([]);
    const vector = await createHashedNgramEmbedder().embedQuery(CANARY);
    expect(await vectors.nearest({ collectionId, vector, limit: 10 })).toEqual([]);
    expect(await lexical.search({ collectionId, terms: analyseQuery(CANARY), limit: 10 })).toEqual([]);
    expect(await blobs.list()).toEqual([]);
    expect(JSON.stringify(library.state.documents)).not.toContain(CANARY);
  });
});

describe('a document that gets a new version', () => {
  it('loses everything of the old one when the new one is published', async () => {
    const { library, blobs, lexical, collectionId, accept, addVersion, ingest, versionsInIndex, hook } = await setUp();
    const { documentId } = await accept();
    await ingest(documentId, 1);
    const second = await addVersion(documentId);
    expect(await blobs.list()).toHaveLength(2);
    hook.word = 'quaggaharbour';
    let liveBeforeSwitch: number | null = null;
    hook.atPoint = async (name) => {
      if (name === 'ingest.before_switch') liveBeforeSwitch = library.state.documents[0]?.liveVersion ?? null;
    };
    expect(await ingest(documentId, 2)).toEqual({ kind: 'done' });
    expect(liveBeforeSwitch).toBe(1);
    expect(await library.documents.find('default', documentId)).toMatchObject({ status: 'ready', version: 2 });
    expect(await versionsInIndex()).toEqual([2]);
    expect(await lexical.search({ collectionId, terms: analyseQuery(CANARY), limit: 10 })).toEqual([]);
    expect(await blobs.list()).toEqual([second.blobKey]);
  });

  it('in the middle of the ingestion of the one before keeps no vector of that one, and all of the live one', async () => {
    const { library, hook, accept, addVersion, ingest, versionsInIndex } = await setUp();
    const { documentId } = await accept();
    await ingest(documentId, 1);
    await addVersion(documentId);
    let passed = 0;
    hook.atPoint = async (name) => {
      if (name === 'ingest.embed_batch') passed += 1;
      if (name === 'ingest.embed_batch' && passed === 2) await addVersion(documentId);
    };
    await expect(ingest(documentId, 2)).rejects.toBeInstanceOf(LeaseLostError);
    expect(await versionsInIndex()).toEqual([1]);
    hook.atPoint = async () => {};
    expect(await ingest(documentId, 3)).toEqual({ kind: 'done' });
    expect(await versionsInIndex()).toEqual([3]);
    expect(await library.ingest.supersededVersions(documentId)).toEqual([]);
  });

  it('just after its own was switched keeps the vectors of the switched one, which is live', async () => {
    const { library, hook, accept, addVersion, ingest, versionsInIndex } = await setUp();
    const { documentId } = await accept();
    hook.atPoint = async (name) => {
      if (name !== 'ingest.after_commit') return;
      await addVersion(documentId);
      throw new LeaseLostError();
    };
    await expect(ingest(documentId, 1)).rejects.toBeInstanceOf(LeaseLostError);
    expect(library.state.documents[0]).toMatchObject({ liveVersion: 1, version: 2 });
    expect(await versionsInIndex()).toEqual([1]);
  });
});
