import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConfig } from '../../src/config/config.js';
import { readEnvironment } from '../../src/config/env.js';
import { createAcceptFile, writeHashed } from '../../src/documents/accept-file.js';
import { inspectLibrary, isHealthy } from '../../src/documents/inspect-library.js';
import { waitForDocuments } from '../../src/documents/wait-for-document.js';
import type { Collection } from '../../src/domain/collection.js';
import type { Document } from '../../src/domain/document.js';
import { noFailpoint } from '../../src/domain/ports/failpoint.js';
import { analyseQuery } from '../../src/domain/text/analyse-terms.js';
import { type Backends, startBackends } from '../../src/infra/start-backends.js';
import { createFakeEvents } from '../fakes/fake-events.js';
import { BUILD_FOLDER } from '../support/build-product.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const STEPS = [
  'ingest.parse',
  'ingest.after_parse',
  'ingest.chunk',
  'ingest.after_chunk',
  'ingest.embed',
  'ingest.embed_batch@2',
  'ingest.after_vectors',
  'ingest.after_embed',
  'ingest.publish',
  'ingest.publish_batch@2',
  'ingest.before_switch',
  'ingest.after_commit',
  'ingest.after_publish',
];
const DELETE_STEPS = ['delete.after_tombstone', 'delete.after_vectors', 'delete.after_blob'];

let dataDir: string;
let backends: Backends;
let collection: Collection;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'footnote-crash-'));
  const config = createConfig(readEnvironment({ DATA_DIR: dataDir }));
  backends = await startBackends(config, {
    events: createFakeEvents(),
    whenRunning: 'refuse',
    workerEnvironment: null,
    onWorkerLine: () => {},
  });
  await backends.ready();
  collection = await backends.stores.collections.ensureDefault('default');
});

afterAll(async () => {
  await backends.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe.each(STEPS)('a worker that is killed at %s', (point) => {
  it('leaves nothing behind that the next worker does not put right', async () => {
    const word = `canary${point.replace(/\W/g, '')}`;
    const accepted = await accept(word);
    const [name, at] = point.split('@');
    expect(await runWorker({ FAIL: `${name}:kill${at === undefined ? '' : `@${at}`}` })).toBe('SIGKILL');
    const document = await untilReady(accepted);
    const { passages } = await expectSound();
    expect(document.passages).toBe(300);
    expect(passages % 300).toBe(0);
    const hits = await backends.stores.lexical.search({
      collectionId: collection.id,
      terms: analyseQuery(word),
      limit: 10_000,
    });
    const mine = await backends.stores.library.listPassageIds(document.id, 1);
    expect(
      hits
        .slice(0, 300)
        .map((hit) => hit.passageId)
        .sort(),
    ).toEqual(mine.toSorted());
  }, 60_000);
});

describe.each(DELETE_STEPS)('a worker that is killed at %s', (point) => {
  it('has hidden the document at once, and the next worker removes the rest', async () => {
    const document = await untilReady(await accept(`deleted${point.replace(/\W/g, '')}`));
    await backends.stores.documents.tombstone('default', document.id);
    expect(await backends.stores.documents.find('default', document.id)).toBeNull();
    expect(await runWorker({ FAIL: `${point}:kill` })).toBe('SIGKILL');
    const stop = startWorker();
    await expect
      .poll(async () => (await backends.stores.removalStore.findTombstone(document.id)) === null, { timeout: 20_000 })
      .toBe(true);
    await stop();
    await expectSound();
  }, 60_000);
});

/** A text of 300 short sections, so that every step has several batches. */
async function accept(word: string): Promise<Document> {
  const sections = Array.from(
    { length: 300 },
    (_, index) => `# Part ${index}\n\n${word} paragraph number ${index} of this text.\n`,
  );
  const path = join(backends.temporaryDirectory, word);
  const stored = await writeHashed(Readable.from([sections.join('\n')]), path);
  const acceptFile = createAcceptFile({ ...backends.stores, events: createFakeEvents(), failpoint: noFailpoint });
  return await acceptFile({
    path,
    tenantId: 'default',
    collectionId: collection.id,
    bytes: stored.size,
    sha256: stored.sha256,
    filename: `${word}.md`,
    mediaType: 'text/markdown',
  });
}

async function untilReady(document: Document): Promise<Document> {
  const stop = startWorker();
  const [settled] = await waitForDocuments(backends.stores.documents, {
    tenantId: 'default',
    documents: [document],
    seconds: 30,
    signal: new AbortController().signal,
  });
  await stop();
  expect(settled).toMatchObject({ status: 'ready' });
  return settled as Document;
}

async function expectSound() {
  const report = await inspectLibrary({ ...backends.stores, vectors: backends.vectors });
  expect(isHealthy(report), JSON.stringify(report)).toBe(true);
  return report;
}

/** Runs a worker until it ends; gives the signal that ended it. */
function runWorker(env: Record<string, string>): Promise<NodeJS.Signals | null> {
  const child = spawnWorker(env);
  return new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
}

function startWorker(): () => Promise<void> {
  const child = spawnWorker({});
  return async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  };
}

function spawnWorker(env: Record<string, string>) {
  return spawn(process.execPath, [`${BUILD_FOLDER}/ingest/worker.js`], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'test',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
      JOB_LEASE_SECONDS: '2',
      CHUNK_TOKENS: '50',
      ...env,
    },
  });
}
