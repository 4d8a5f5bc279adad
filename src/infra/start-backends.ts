/**
 * Starts what stands behind the product on this machine and is shared by the server, the folder ingest and the doctor:
 * the lock on the data directory, the database, Chroma (ours, or a server that runs elsewhere), the ingest worker.
 */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { AppError } from '../domain/errors.js';
import type { AppEvents } from '../domain/ports/events.js';
import type { VectorIndex } from '../domain/ports/vector-index.js';
import { type DataDirectoryLock, lockDataDirectory } from './processes/data-directory-lock.js';
import { resolveEntryPoint } from './processes/entry-point.js';
import { type SupervisedChild, superviseChild } from './processes/supervised-child.js';
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
  /** Called when our Chroma begins empty: its directory is new, or was damaged and put aside. */
  onEmptyIndex?: () => void;
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
      config.chromaUrl === null && lock !== null ? startOwnChroma(config, options) : null,
      createStores({
        dataDir: config.dataDir,
        databaseUrl: config.secrets.databaseUrl,
        maxAttempts: config.ingest.maxAttempts,
      }),
    ]);
    if (options.workerEnvironment !== null && lock !== null) worker = startWorker(options, options.workerEnvironment);
    const vectors = createChromaVectorIndex({ url: vectorAddress(config, chroma) });
    const ready = async () => void (await chroma?.ready());
    return { stores, vectors, temporaryDirectory, shared: lock === null, ready, close };
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

async function startOwnChroma(config: Config, options: BackendOptions): Promise<ChromaServer> {
  const isNew = !existsSync(join(config.dataDir, 'chroma'));
  const server = await startChromaServer({
    dataDirectory: config.dataDir,
    onEvent: (event) => options.events.childProcess(event),
    onQuarantine: () => options.onEmptyIndex?.(),
  });
  if (isNew) options.onEmptyIndex?.();
  return server;
}

/** Address of the vector index for this process: configured, our own child's, or the one a running program wrote down. */
function vectorAddress(config: Config, chroma: ChromaServer | null): () => string | Promise<string> {
  const { chromaUrl, dataDir } = config;
  if (chromaUrl !== null) return () => chromaUrl;
  if (chroma !== null) return () => chroma.url();
  return createChromaAddressReader(dataDir);
}

function startWorker(options: BackendOptions, env: Record<string, string>): SupervisedChild {
  const entry = resolveEntryPoint('../../ingest/worker', import.meta.url);
  return superviseChild({
    name: 'ingest-worker',
    command: () => ({ ...entry, args: [], env }),
    onLine: options.onWorkerLine,
    onState: (event) => options.events.childProcess(event),
  });
}
