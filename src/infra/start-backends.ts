/**
 * Starts what stands behind the product on this machine and is shared by the server, the folder ingest and the doctor:
 * the lock on the data directory, the database, Chroma (ours, or a server that runs elsewhere), the ingest worker.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { AppError } from '../domain/errors.js';
import type { AppEvents } from '../domain/ports/events.js';
import type { VectorIndex } from '../domain/ports/vector-index.js';
import { type DataDirectoryLock, lockDataDirectory } from './processes/data-directory-lock.js';
import { resolveEntryPoint } from './processes/entry-point.js';
import { type SupervisedChild, superviseChild } from './processes/supervised-child.js';
import { workerIdOf } from './queue/worker-id.js';
import { createChromaAddressReader } from './stores/chroma/chroma-address.js';
import { type ChromaServer, startChromaServer } from './stores/chroma/chroma-server.js';
import { createChromaVectorIndex } from './stores/chroma/chroma-vector-index.js';
import { createStores, type Stores } from './stores/create-stores.js';

export interface BackendOptions {
  events: Pick<AppEvents, 'childProcess'>;
  /** One line of the worker's output. */
  onWorkerLine: (line: string) => void;
  /**
   * `refuse`: another program on the data directory is an error. `share`: then its Chroma and its worker are used and none
   * are started here.
   */
  whenRunning: 'refuse' | 'share';
  /** Start the ingest worker (when nobody else runs one) with this environment; null: none. */
  workerEnvironment: Record<string, string> | null;
}

/** A vector index that is not complete: of one collection, or (null) of all. */
export interface IndexLoss {
  collectionId: string | null;
}

export interface Backends {
  stores: Stores;
  vectors: VectorIndex;
  /** Where uploads are written while they come in. */
  temporaryDirectory: string;
  /** True when another program already serves this data directory. */
  shared: boolean;
  /** Resolves when the vector index can be asked; at once when its server is not ours. */
  ready(): Promise<void>;
  /** Says what the vector index has lost, also what was lost before the call. */
  watchIndex(onLoss: (loss: IndexLoss) => void): void;
  /** Ends the worker (so that it gives its jobs back), then the rest. */
  close(): Promise<void>;
}

const WORKER_GRACE_MS = 8000;

/** @throws AppError `conflict` (data directory in use), `storage_unavailable`, `configuration_invalid` */
export async function startBackends(config: Config, options: BackendOptions): Promise<Backends> {
  const lock = await takeLock(config, options.whenRunning);
  const temporaryDirectory = join(config.dataDir, 'tmp');
  if (lock !== null) await rm(temporaryDirectory, { recursive: true, force: true });
  await mkdir(temporaryDirectory, { recursive: true });
  const losses = createIndexLosses();
  let chroma: ChromaServer | null = null;
  let worker: SupervisedChild | null = null;
  let stores: Stores | null = null;
  const close = async () => {
    await worker?.stop(WORKER_GRACE_MS);
    await stores?.close();
    await chroma?.stop();
    await lock?.release();
  };
  try {
    // Both take about half a second; neither needs the other.
    [chroma, stores] = await Promise.all([
      config.chromaUrl === null && lock !== null ? startOwnChroma(config, options, losses) : null,
      createStores({
        dataDir: config.dataDir,
        databaseUrl: config.secrets.databaseUrl,
        maxAttempts: config.ingest.maxAttempts,
      }),
    ]);
    if (lock !== null) await cleanUp(config, stores);
    if (options.workerEnvironment !== null && lock !== null)
      worker = startWorker(options, options.workerEnvironment, stores);
    const vectors = createChromaVectorIndex({
      url: vectorAddress(config, chroma),
      onDamage: (collectionId) => losses.report({ collectionId }),
    });
    const ready = async () => void (await chroma?.ready());
    const shared = lock === null;
    return { stores, vectors, temporaryDirectory, shared, ready, watchIndex: losses.watch, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function takeLock(config: Config, whenRunning: BackendOptions['whenRunning']): Promise<DataDirectoryLock | null> {
  try {
    return await lockDataDirectory(config.dataDir);
  } catch (error) {
    if (whenRunning === 'share' && error instanceof AppError && error.code === 'conflict') return null;
    throw error;
  }
}

async function startOwnChroma(config: Config, { events }: BackendOptions, losses: IndexLosses): Promise<ChromaServer> {
  return await startChromaServer({
    dataDirectory: config.dataDir,
    onEvent: (event) => events.childProcess(event),
    onQuarantine: () => losses.report({ collectionId: null }),
  });
}

interface IndexLosses {
  report(loss: IndexLoss): void;
  watch(onLoss: (loss: IndexLoss) => void): void;
}

/** Keeps what is reported until somebody watches. */
function createIndexLosses(): IndexLosses {
  const early: IndexLoss[] = [];
  let tell = (loss: IndexLoss): void => void early.push(loss);
  return {
    report: (loss) => tell(loss),
    watch(onLoss) {
      tell = onLoss;
      early.splice(0).forEach(onLoss);
    },
  };
}

/** Address of the vector index for this process: configured, our own child's, or the one a running program wrote down. */
function vectorAddress(config: Config, chroma: ChromaServer | null): () => string | Promise<string> {
  const { chromaUrl, dataDir } = config;
  if (chromaUrl !== null) return () => chromaUrl;
  if (chroma !== null) return () => chroma.ready();
  return createChromaAddressReader(dataDir);
}

/** What a killed predecessor left. With SQLite the lock says that no other worker can be alive. */
async function cleanUp(config: Config, stores: Stores): Promise<void> {
  await stores.blobs.removeLeftovers();
  if (config.database.kind === 'sqlite') await stores.queue.expireLeases(null);
}

function startWorker(options: BackendOptions, env: Record<string, string>, stores: Stores): SupervisedChild {
  const entry = resolveEntryPoint('../../ingest/worker', import.meta.url);
  return superviseChild({
    name: 'ingest-worker',
    command: () => ({ ...entry, args: [], env }),
    onLine: options.onWorkerLine,
    onState: (event) => options.events.childProcess(event),
    async onExit({ pid }) {
      if (pid !== null) await stores.queue.expireLeases(workerIdOf(pid)).catch(() => 0);
    },
  });
}
