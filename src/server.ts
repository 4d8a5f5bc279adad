/** Process entry of the API: settings -> backends -> context -> listen -> drain. */
import { createRequire } from 'node:module';
import { createApp } from './app.js';
import { type AppContext, createAppContext } from './app-context.js';
import { type Config, createConfig, describeConfig } from './config/config.js';
import { childEnvironment, loadEnvironmentFile, readEnvironment } from './config/env.js';
import { createIndexRebuild } from './documents/rebuild-index.js';
import { AppError } from './domain/errors.js';
import { DEFAULT_TENANT } from './domain/principal.js';
import { type Listening, listen } from './http/listen.js';
import { type Backends, startBackends } from './infra/start-backends.js';
import { exitOnCrash } from './infra/telemetry/crash-log.js';
import { receiveRelayedEvent } from './infra/telemetry/event-relay.js';
import { createAppEvents } from './infra/telemetry/events.js';
import { createLogger, type Logger } from './infra/telemetry/logger.js';
import { createMetrics } from './infra/telemetry/metrics.js';
import { createRequestLog } from './infra/telemetry/request-log.js';

const VERSION = readVersion();

interface Running {
  config: Config;
  logger: Logger;
  backends: Backends;
  context: AppContext;
  listening: Listening;
}

async function start(): Promise<Running> {
  loadEnvironmentFile();
  const config = createConfig(readEnvironment());
  const logger = createLogger({ level: config.logLevel, name: 'server' });
  exitOnCrash(logger);
  const metrics = createMetrics({ version: VERSION });
  const events = createAppEvents({ logger, metrics });
  logger.info({ event: 'starting', version: VERSION, config: describeConfig(config) }, 'Footnote starts');
  const backends = await startBackends(config, {
    events,
    whenRunning: 'refuse',
    workerEnvironment: childEnvironment({ DATA_DIR: config.dataDir }),
    onWorkerLine: (line) => {
      if (!receiveRelayedEvent(events, line)) process.stdout.write(`${line}\n`);
    },
  });
  try {
    let url = config.http.publicUrl;
    const context = await createAppContext(config, { backends, events, publicUrl: () => url ?? '' });
    await ensureDefaultCollections(context);
    await context.answers.recover(staleAnswerMs(config));
    metrics.watchJobs(() => backends.stores.queue.counts());
    const app = createApp({
      context,
      observer: createRequestLog({ logger, metrics }),
      renderMetrics: metrics.render,
      version: VERSION,
    });
    const listening = await listen(app, config.http);
    keepIndexComplete(context, logger);
    url ??= listening.url;
    return { config, logger, backends, context, listening };
  } catch (error) {
    await backends.close();
    throw error;
  }
}

/**
 * How long an answer must have been silent to count as left behind by a dead process. With SQLite no other process can be
 * at work; on PostgreSQL it may be, but never longer than a model may take.
 */
function staleAnswerMs({ database, chat }: Config): number {
  return database.kind === 'sqlite' ? 0 : (chat?.totalTimeoutMs ?? 0) + 60_000;
}

/** Every tenant that is known at the start has its `default` collection. */
async function ensureDefaultCollections({ config, backends }: AppContext): Promise<void> {
  const tenants = new Set([DEFAULT_TENANT, ...config.secrets.apiKeys.map((key) => key.tenantId)]);
  for (const tenantId of tenants) await backends.stores.collections.ensureDefault(tenantId);
}

/** Fills what the vector index has lost from what SQL holds; the lexical leg answers meanwhile. */
function keepIndexComplete({ backends, embedder }: AppContext, logger: Logger): void {
  const { stores, vectors, ready } = backends;
  const rebuild = createIndexRebuild({ ...stores, chunks: stores.ingestStore, vectors, embedder, ready });
  backends.watchIndex(({ collectionId }) => {
    rebuild(collectionId).then(
      (written) => {
        if (written > 0)
          logger.warn({ event: 'index-rebuilt', vectors: written }, 'the vector index is complete again');
      },
      (error: unknown) => {
        logger.error({ event: 'index-rebuild-failed', err: error }, 'rebuild stopped; run `footnote doctor --repair`');
      },
    );
  });
}

/** Stop accepting, end the running answers with an event, give the jobs back, end the children. */
async function stop({ config, logger, backends, context, listening }: Running): Promise<void> {
  logger.info({ event: 'stopping' }, 'Footnote stops');
  await Promise.all([listening.close(config.http.shutdownGraceMs), context.answers.drain()]);
  await backends.close();
  logger.info({ event: 'stopped' }, 'Footnote has stopped');
}

function stopOnSignal(running: Running): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      stop(running).then(
        () => process.exit(0),
        (error: unknown) => {
          running.logger.error({ event: 'stop-failed', err: error }, 'the stop failed');
          process.exit(1);
        },
      );
    });
  }
}

function readVersion(): string {
  const require = createRequire(import.meta.url);
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (require(path) as { version: string }).version;
    } catch {
      // The build lies one folder deeper than the sources.
    }
  }
  return 'unknown';
}

try {
  const running = await start();
  stopOnSignal(running);
  process.stderr.write(`Footnote is listening on ${running.listening.url} (API page: ${running.listening.url}/docs)\n`);
} catch (error) {
  const known = error instanceof AppError;
  process.stderr.write(
    `${known ? error.message : `Footnote could not start: ${error instanceof Error ? error.stack : String(error)}`}\n`,
  );
  process.exit(1);
}
