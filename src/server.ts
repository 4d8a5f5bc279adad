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
/** Kept back from the grace, so that a stream that is ended can still be told so. */
const LAST_WORDS_MS = 2000;
const RECOVER_EVERY_MS = 30_000;
const REBUILD_AGAIN_MS = 30_000;

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
    await keepAnswersEnded(context);
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
 * Answers that a dead process left running get their end: with SQLite at once, no other process can be at work; on
 * PostgreSQL, and for what goes wrong later, when they have been silent for longer than a model may take.
 */
async function keepAnswersEnded({ config, answers }: AppContext): Promise<void> {
  const silentMs = (config.chat?.totalTimeoutMs ?? 0) + 60_000;
  await answers.recover(config.database.kind === 'sqlite' ? 0 : silentMs);
  setInterval(() => answers.recover(silentMs).catch(() => 0), RECOVER_EVERY_MS).unref();
}

/** Every tenant that is known at the start has its `default` collection. */
async function ensureDefaultCollections({ config, backends }: AppContext): Promise<void> {
  const tenants = new Set([DEFAULT_TENANT, ...config.secrets.apiKeys.map((key) => key.tenantId)]);
  for (const tenantId of tenants) await backends.stores.collections.ensureDefault(tenantId);
}

/** Fills what the vector index has lost from what SQL holds, now and whenever it loses more; lexical answers meanwhile. */
function keepIndexComplete({ backends, embedder }: AppContext, logger: Logger): void {
  const { stores, vectors, ready } = backends;
  const rebuild = createIndexRebuild({ ...stores, chunks: stores.ingestStore, vectors, embedder, ready });
  const fill = (collectionId: string | null): void => {
    rebuild(collectionId).then(
      (written) => {
        if (written > 0)
          logger.warn({ event: 'index-rebuilt', vectors: written }, 'the vector index is complete again');
      },
      (error: unknown) => {
        logger.error({ event: 'index-rebuild-failed', err: error }, 'the rebuild stopped and will be tried again');
        setTimeout(() => fill(null), REBUILD_AGAIN_MS).unref();
      },
    );
  };
  backends.watchIndex(({ collectionId }) => fill(collectionId));
  fill(null);
}

/** Stop accepting, end the running answers with an event, give the jobs back, end the children. */
async function stop({ config, logger, backends, context, listening }: Running): Promise<void> {
  logger.info({ event: 'stopping' }, 'Footnote stops');
  await Promise.all([
    listening.close(config.http.shutdownGraceMs),
    context.answers.drain(config.http.shutdownGraceMs - LAST_WORDS_MS),
  ]);
  await backends.close();
  logger.info({ event: 'stopped' }, 'Footnote has stopped');
}

/**
 * Listens from the first moment: a signal that comes during the start is obeyed when the start is over, a second one ends
 * the process at once.
 */
function watchSignals(): { onStop(stop: () => Promise<void>): void } {
  let wanted = false;
  let begin: (() => void) | null = null;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (wanted) process.exit(1);
      wanted = true;
      begin?.();
    });
  }
  return {
    onStop(stop) {
      begin = () => {
        stop().then(
          () => process.exit(0),
          (error: unknown) => {
            process.stderr.write(`The stop failed: ${String(error)}\n`);
            process.exit(1);
          },
        );
      };
      if (wanted) begin();
    },
  };
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

const signals = watchSignals();
try {
  const running = await start();
  signals.onStop(() => stop(running));
  process.stderr.write(`Footnote is listening on ${running.listening.url} (API page: ${running.listening.url}/docs)\n`);
} catch (error) {
  const known = error instanceof AppError;
  process.stderr.write(
    `${known ? error.message : `Footnote could not start: ${error instanceof Error ? error.stack : String(error)}`}\n`,
  );
  process.exit(1);
}
