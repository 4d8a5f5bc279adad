/**
 * `npm run ingest -- FOLDER`: takes every file below a folder into a collection and waits until each is ready or failed.
 * With a server running on the same data directory the server's worker does the work; otherwise everything needed is
 * started here and ended with the run. Safe to stop at any moment and to run twice: what is there already stays.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { type Config, createConfig } from '../src/config/config.js';
import { childEnvironment, loadEnvironmentFile, readEnvironment } from '../src/config/env.js';
import { type AcceptFile, createAcceptFile, writeHashed } from '../src/documents/accept-file.js';
import type { Document } from '../src/domain/document.js';
import { AppError } from '../src/domain/errors.js';
import { claimIndex } from '../src/domain/indexing/claim-index.js';
import type { AppEvents } from '../src/domain/ports/events.js';
import { DEFAULT_TENANT } from '../src/domain/principal.js';
import { createFailpoint } from '../src/infra/failpoint.js';
import { createEmbedder } from '../src/infra/providers/embedder-registry.js';
import { type Backends, startBackends } from '../src/infra/start-backends.js';
import { createAppEvents } from '../src/infra/telemetry/events.js';
import { createLogger } from '../src/infra/telemetry/logger.js';
import { createMetrics } from '../src/infra/telemetry/metrics.js';
import { describeReport, type FileResult, progressBar, summarise } from './folder-report.js';

interface Options {
  collection: string;
  json: boolean;
}

const POLL_MS = 200;
/** Jobs run in the order of their acceptance, so the oldest waiting documents are the ones to look at. */
const LOOK_AT = 50;

async function ingestFolder(folder: string, options: Options): Promise<number> {
  loadEnvironmentFile();
  const config = createConfig(readEnvironment());
  const root = resolve(folder);
  if (!(await stat(root).catch(() => null))?.isDirectory()) {
    process.stderr.write(`There is no folder ${folder}.\n`);
    return 2;
  }
  const started = performance.now();
  const events = createAppEvents({
    logger: createLogger({ level: config.logLevel === 'info' ? 'warn' : config.logLevel, name: 'ingest-folder' }),
    metrics: createMetrics({ version: 'ingest-folder', processMetrics: false }),
  });
  const backends = await startBackends(config, {
    events,
    whenRunning: 'share',
    workerEnvironment: childEnvironment({ DATA_DIR: config.dataDir }),
    onWorkerLine: () => {},
  });
  try {
    return await ingestInto(backends, { config, events, root, options, started });
  } finally {
    await backends.close();
  }
}

interface FolderRun {
  config: Config;
  events: AppEvents;
  root: string;
  options: Options;
  started: number;
}

async function ingestInto({ stores, temporaryDirectory }: Backends, run: FolderRun): Promise<number> {
  const { config, events, root, options, started } = run;
  await claimIndex(stores.manifest, await createEmbedder(config.embedding, config.secrets));
  await stores.collections.ensureDefault(DEFAULT_TENANT);
  const collection = await stores.collections.find(DEFAULT_TENANT, options.collection);
  if (collection === null) throw new AppError('not_found', `There is no collection ${options.collection}.`);
  const acceptFile = createAcceptFile({ ...stores, events, failpoint: createFailpoint(config.failpoints) });
  const paths = await listFiles(root);
  const files: Run = { root, paths, collectionId: collection.id, directory: temporaryDirectory, acceptFile };
  const results = await ingestAll(files, {
    find: (id) => stores.documents.find(DEFAULT_TENANT, id),
    show: !options.json,
    started,
  });
  const report = summarise(results, (performance.now() - started) / 1000);
  process.stdout.write(`${options.json ? JSON.stringify(report) : describeReport(report)}\n`);
  return report.problems.length === 0 ? 0 : 3;
}

interface Run {
  root: string;
  paths: string[];
  collectionId: string;
  /** Where copies are made that the blob store then takes. */
  directory: string;
  acceptFile: AcceptFile;
}

interface Watch {
  find: (documentId: string) => Promise<Document | null>;
  show: boolean;
  started: number;
}

/** Every file below, in the order of their names; hidden ones and links are left out. */
async function listFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split('/').some((part) => part.startsWith('.')))
    .sort();
}

async function ingestAll(run: Run, watch: Watch): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const waiting = new Map<string, Document>();
  for (const [index, path] of run.paths.entries()) {
    try {
      waiting.set(path, await acceptCopy(run, path));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      results.push({ path, state: 'rejected', code: error.code, detail: error.message });
    }
    if (index % LOOK_AT === 0) await collectSettled(waiting, results, watch);
    showProgress(results.length, run.paths.length, watch);
  }
  while (waiting.size > 0) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    await collectSettled(waiting, results, watch);
    showProgress(results.length, run.paths.length, watch);
  }
  if (watch.show && process.stderr.isTTY) process.stderr.write('\n');
  return results;
}

async function acceptCopy(run: Run, path: string): Promise<Document> {
  const copy = join(run.directory, `folder-${randomUUID()}`);
  try {
    const { size, sha256 } = await writeHashed(createReadStream(join(run.root, path)), copy);
    return await run.acceptFile({
      tenantId: DEFAULT_TENANT,
      collectionId: run.collectionId,
      path: copy,
      bytes: size,
      sha256,
      filename: path,
    });
  } finally {
    await rm(copy, { force: true });
  }
}

async function collectSettled(waiting: Map<string, Document>, results: FileResult[], watch: Watch): Promise<void> {
  for (const [path, accepted] of [...waiting].slice(0, LOOK_AT)) {
    const document = await watch.find(accepted.id);
    if (document !== null && document.status !== 'ready' && document.status !== 'failed') continue;
    waiting.delete(path);
    results.push(toResult(path, document, accepted.duplicate === true));
  }
}

function toResult(path: string, document: Document | null, duplicate: boolean): FileResult {
  if (document?.status === 'ready') return { path, state: 'ready', passages: document.passages, duplicate };
  const error = document?.error ?? { code: 'not_found', detail: 'The document was deleted meanwhile.' };
  return { path, state: 'failed', code: error.code, detail: error.detail };
}

function showProgress(done: number, total: number, watch: Watch): void {
  if (!watch.show || !process.stderr.isTTY) return;
  process.stderr.write(`\r${progressBar(done, total, (performance.now() - watch.started) / 1000)}\u001b[K`);
}

const program = new Command('ingest')
  .description('Take every file below a folder into a collection')
  .argument('<folder>')
  .option('-c, --collection <name>', 'id or name of the collection', 'default')
  .option('--json', 'print the report as JSON', false)
  .action(async (folder: string, options: Options) => {
    try {
      process.exitCode = await ingestFolder(folder, options);
    } catch (error) {
      process.stderr.write(`${error instanceof AppError ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  });

await program.parseAsync();
