import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createJobHandlers, type JobHandlerDeps } from '../../ingest/job-handlers.js';
import { AppError } from '../../src/domain/errors.js';
import { INGEST_DOCUMENT } from '../../src/domain/jobs/ingest-document.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { systemClock } from '../../src/domain/ports/clock.js';
import { noFailpoint } from '../../src/domain/ports/failpoint.js';
import { type Job, LeaseLostError } from '../../src/domain/ports/job-queue.js';
import { createHashedNgramEmbedder } from '../../src/infra/providers/hashed-ngram-embedder.js';
import { sampleFile } from '../contract/library-subject.js';
import { createFakeAnswerLog } from '../fakes/fake-answer-log.js';
import { createFakeBlobStore } from '../fakes/fake-blob-store.js';
import { createFakeEvents } from '../fakes/fake-events.js';
import { createFakeLexicalIndex } from '../fakes/fake-lexical-index.js';
import { createFakeLibrary } from '../fakes/fake-library.js';
import { createFakeVectorIndex } from '../fakes/fake-vector-index.js';

const text = 'The harbour opens at six. The crane operator signs the log.';
const parsed: ParsedDocument = {
  title: 'Harbour rules',
  paged: true,
  pages: [
    {
      number: 1,
      label: null,
      status: 'text',
      reason: null,
      text,
      blocks: [{ kind: 'paragraph', start: 0, end: text.length }],
    },
    { number: 2, label: null, status: 'empty', reason: 'The page holds no text.', text: '', blocks: [] },
  ],
};

/** One accepted document and the handler that ingests it; parts can be replaced. */
async function setUp(change: Partial<JobHandlerDeps> = {}) {
  const library = createFakeLibrary();
  const vectors = createFakeVectorIndex();
  const blobs = createFakeBlobStore();
  const events = createFakeEvents();
  const { id: collectionId } = await library.collections.ensureDefault('default');
  const bytes = Buffer.from(text);
  const file = sampleFile(
    { tenantId: 'default', collectionId },
    { sha256: createHash('sha256').update(bytes).digest('hex') },
  );
  await blobs.putBytes(file.blobKey, bytes);
  await library.documents.accept(file);
  const progress: unknown[] = [];
  const deps: JobHandlerDeps = {
    queue: { progress: async (_lease, step) => void progress.push(step) },
    ingestStore: library.ingest,
    removalStore: library.removal,
    blobs,
    answers: createFakeAnswerLog(),
    embedder: createHashedNgramEmbedder(),
    vectors,
    lexical: createFakeLexicalIndex(),
    parse: async () => structuredClone(parsed),
    events,
    failpoint: noFailpoint,
    clock: systemClock,
    chunking: { maxTokens: 100, maxPassages: 1000 },
    ...change,
  };
  const run = (attempt = 1, signal = new AbortController().signal) => {
    const lease = library.takeJob(file.documentId);
    if (lease === null) throw new Error('there is no job');
    const payload = { documentId: file.documentId, version: 1 };
    const job: Job = { id: lease.jobId, kind: INGEST_DOCUMENT, payload, attempt, maxAttempts: 3, lease };
    const handler = createJobHandlers(deps)[INGEST_DOCUMENT];
    if (handler === undefined) throw new Error('there is no handler');
    return handler(job, signal);
  };
  const find = () => library.documents.find('default', file.documentId);
  return { library, vectors, events, file, collectionId, progress, run, find, deps };
}

describe('the ingest pipeline', () => {
  it('makes a document ready, with every page told and as many vectors as passages', async () => {
    const { run, find, vectors, collectionId, events, progress } = await setUp();
    expect(await run()).toEqual({ kind: 'done' });
    const document = await find();
    expect(document).toMatchObject({
      status: 'ready',
      title: 'Harbour rules',
      pages: { total: 2, text: 1, empty: 1 },
      passages: 1,
      language: 'en',
    });
    expect(await vectors.listIds(collectionId)).toHaveLength(1);
    expect(events.of('documentIngested')).toHaveLength(1);
    expect(progress).toContainEqual({ stage: 'embed', done: 1, total: 1 });
  });

  it('does nothing the second time, so that a crash before the acknowledgement is harmless', async () => {
    const { run, find, vectors, collectionId, events } = await setUp();
    await run();
    const before = await find();
    await run(2);
    expect(await find()).toEqual(before);
    expect(await vectors.listIds(collectionId)).toHaveLength(1);
    expect(events.of('documentIngested')).toHaveLength(1);
  });

  it('waits for an index that is away without using up attempts, and goes on after the step that was done', async () => {
    let parses = 0;
    const parse = async () => {
      parses += 1;
      return structuredClone(parsed);
    };
    const { run, find, vectors, events } = await setUp({ parse });
    vectors.setDown(true);
    for (const attempt of [1, 2, 3]) {
      expect(await run(attempt)).toMatchObject({ kind: 'postpone', error: { code: 'search_unavailable' } });
    }
    expect((await find())?.status).toBe('processing');
    expect(events.of('documentFailed')).toEqual([]);
    vectors.setDown(false);
    expect(await run(3)).toEqual({ kind: 'done' });
    expect(parses).toBe(1);
    expect((await find())?.status).toBe('ready');
  });

  it('fails a document for good when an unexpected error comes at every attempt', async () => {
    const parse = async () => {
      throw new TypeError('boom');
    };
    const { run, find, events } = await setUp({ parse });
    expect(await run(2)).toMatchObject({ kind: 'retry' });
    expect(await run(3)).toMatchObject({ kind: 'fail', error: { code: 'internal_error' } });
    expect(await find()).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
    expect(events.of('documentFailed')).toMatchObject([{ code: 'internal_error' }]);
  });

  it('fails a damaged document at the first attempt with its reason', async () => {
    const parse = async () => {
      throw new AppError('corrupt', 'The file is damaged.');
    };
    const { run, find } = await setUp({ parse });
    expect(await run()).toMatchObject({ kind: 'fail', error: { code: 'corrupt' } });
    expect(await find()).toMatchObject({
      status: 'failed',
      error: { code: 'corrupt', detail: 'The file is damaged.' },
    });
  });

  it('fails a document without text and still lists its pages', async () => {
    const empty = { ...parsed.pages[1], number: 1 } as ParsedDocument['pages'][number];
    const { run, find } = await setUp({ parse: async () => ({ ...parsed, pages: [empty] }) });
    expect(await run()).toMatchObject({ kind: 'fail', error: { code: 'no_text' } });
    expect(await find()).toMatchObject({ status: 'failed', pages: { total: 1, empty: 1 } });
  });

  it('hides a bug behind a plain sentence and tries again', async () => {
    const parse = async () => {
      throw new TypeError('cannot read /secret/path of undefined');
    };
    const { run } = await setUp({ parse });
    const outcome = await run();
    expect(outcome).toMatchObject({ kind: 'retry', error: { code: 'internal_error' } });
    expect(JSON.stringify(outcome)).not.toContain('/secret/path');
  });

  it('leaves nothing searchable of a document that is deleted in the middle', async () => {
    const { library, run, find, vectors, collectionId, file } = await setUp({
      failpoint: async (name) => {
        if (name === 'ingest.after_vectors') await library.documents.tombstone('default', file.documentId);
      },
    });
    await expect(run()).rejects.toBeInstanceOf(LeaseLostError);
    expect(await find()).toBeNull();
    expect(await vectors.listIds(collectionId)).toEqual([]);
  });

  it('gives up at once, without judging the document, when the worker stops', async () => {
    const stopping = new AbortController();
    const { run, find } = await setUp({
      parse: async () => {
        stopping.abort(new Error('the worker stops'));
        throw new Error('the thread was ended');
      },
    });
    await expect(run(1, stopping.signal)).rejects.toThrow('the worker stops');
    expect((await find())?.status).toBe('processing');
  });
});
