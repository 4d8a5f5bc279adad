/**
 * The ingest worker's process: takes jobs from the queue until it is told to stop or its parent is gone. Composition root
 * of the ingest side.
 */
import { constants, setPriority } from 'node:os';
import { createConfig } from '../src/config/config.js';
import { loadEnvironmentFile, readEnvironment } from '../src/config/env.js';
import { claimIndex } from '../src/domain/indexing/claim-index.js';
import { systemClock } from '../src/domain/ports/clock.js';
import { createFailpoint } from '../src/infra/failpoint.js';
import { exitWithParent, isSupervised } from '../src/infra/processes/die-with-parent.js';
import { createEmbedder } from '../src/infra/providers/embedder-registry.js';
import { workerIdOf } from '../src/infra/queue/worker-id.js';
import { createChromaAddressReader } from '../src/infra/stores/chroma/chroma-address.js';
import { createChromaVectorIndex } from '../src/infra/stores/chroma/chroma-vector-index.js';
import { createStores } from '../src/infra/stores/create-stores.js';
import { exitOnCrash } from '../src/infra/telemetry/crash-log.js';
import { createEventRelay } from '../src/infra/telemetry/event-relay.js';
import { createLogger } from '../src/infra/telemetry/logger.js';
import { createJobHandlers } from './job-handlers.js';
import { createParseInThread } from './parse/parse-in-thread.js';
import { startWorkerLoop } from './worker-loop.js';

async function runWorker(): Promise<void> {
  // Those who ask must not wait for those who upload: threads that start later inherit this.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  loadEnvironmentFile();
  const config = createConfig(readEnvironment());
  const logger = createLogger({ level: config.logLevel, name: 'ingest-worker' });
  exitOnCrash(logger);
  // The server counts and logs what happens here: one registry, one log.
  const events = createEventRelay((line) => process.stdout.write(`${line}\n`));
  const stores = await createStores({
    dataDir: config.dataDir,
    databaseUrl: config.secrets.databaseUrl,
    maxAttempts: config.ingest.maxAttempts,
  });
  const { chromaUrl, dataDir } = config;
  const { parseTimeoutMs, parseMemoryMb, chunkTokens, maxPassages, leaseMs, concurrency } = config.ingest;
  const embedder = await createEmbedder(config.embedding, config.secrets);
  const handlers = createJobHandlers({
    ...stores,
    vectors: createChromaVectorIndex({
      url: chromaUrl === null ? createChromaAddressReader(dataDir) : () => chromaUrl,
    }),
    embedder,
    parse: createParseInThread({ timeoutMs: parseTimeoutMs, memoryMb: parseMemoryMb }),
    events,
    failpoint: createFailpoint(config.failpoints),
    clock: systemClock,
    chunking: { maxTokens: chunkTokens, maxPassages },
  });
  await claimIndex(stores.manifest, embedder);
  const failAbandoned = async () => {
    for (const document of await stores.ingestStore.failAbandoned()) events.documentFailed(document);
  };
  await failAbandoned();
  const workerId = workerIdOf(process.pid);
  const loop = startWorkerLoop({
    ...stores,
    handlers,
    events,
    workerId,
    leaseMs,
    concurrency,
    onAbandoned: failAbandoned,
  });
  logger.info({ event: 'worker-started', concurrency }, 'ingest worker takes jobs');
  const shutdown = async () => {
    await loop.stop();
    await stores.close();
    logger.info({ event: 'worker-stopped' }, 'ingest worker has stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void shutdown().then(() => process.exit(0)));
  }
  if (isSupervised()) exitWithParent({ shutdown, graceMs: 5000 });
}

await runWorker();
