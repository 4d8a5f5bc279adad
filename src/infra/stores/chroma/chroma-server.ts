/**
 * Our own Chroma server: a supervised child process on a free loopback port, over `<dataDirectory>/chroma`. It restarts
 * when it dies (the port may change), it is proven to be ours before anybody uses it, and it ends with us. A directory
 * that keeps crashing it is set aside and an empty one begun: the index is a cache, the caller rebuilds it.
 */
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { resolveEntryPoint } from '../../processes/entry-point.js';
import { endOrphan } from '../../processes/process-table.js';
import {
  type BackOff,
  type ChildStateEvent,
  type SupervisedChild,
  superviseChild,
} from '../../processes/supervised-child.js';
import { readChromaAddress, removeChromaAddress, writeChromaAddress } from './chroma-address.js';
import { createDamageWatch, type DamageWatch } from './chroma-damage-watch.js';
import { NEVER_READY } from './chroma-exit.js';
import { ForeignServerError, proveChromaServer } from './chroma-proof.js';
import { createReadiness, type Readiness } from './chroma-readiness.js';

export interface ChromaServerOptions {
  /** The installation's data directory, already locked by the caller. */
  dataDirectory: string;
  onEvent?(event: ChildStateEvent): void;
  /** The directory was set aside and the index is empty now: rebuild it. `movedTo` keeps the old files. */
  onQuarantine?(event: { reason: string; movedTo: string }): void;
  /** The server's own output, a line at a time, without its banner. */
  onLine?(line: string): void;
  /** Environment of the child; empty by default, it needs none. */
  environment?: Record<string, string>;
  /** How long one start may take. */
  readyTimeoutMs?: number;
  /** Crashes in a row after which the directory counts as damaged. */
  crashesBeforeQuarantine?: number;
  backOff?: BackOff;
  /** Where to listen; a free port by default. */
  pickPort?(): Promise<number>;
}

export interface ChromaServer {
  /** The base address of the running server, without a trailing slash. @throws AppError `search_unavailable` */
  url(): string;
  /** Waits until the server runs and gives its address. @throws AppError `search_unavailable` once stopped */
  ready(): Promise<string>;
  /** Of the running process, null while there is none. */
  pid(): number | null;
  /** Ends the server and starts it anew: for one that hangs or answers nothing but errors. */
  restart(reason: string): Promise<void>;
  /** Sets the directory aside and starts empty: for one whose probe fails for good. Calls `onQuarantine`. */
  quarantine(reason: string): Promise<void>;
  /** Ends the server for good, within 5 s. */
  stop(): Promise<void>;
}

/** Time for SIGTERM; Chroma 1.0 ends on it within 10 ms (measured), a stopped one needs the SIGKILL that follows. */
const STOP_GRACE_MS = 3000;
const DEFAULT_BACK_OFF: BackOff = { initialMs: 100, maximumMs: 5000, stableAfterMs: 60_000 };
/** Lines of the banner: picture, links, advertising. */
const BANNER =
  /\[38;5;|trychroma|^\s*$|Chroma Cloud|chroma copy|^Saving data to|^Connect to Chroma|OpenTelemetry is not/;

/**
 * Ends a left-over server of a killed predecessor, then starts ours. Resolves at once, before the server is ready: the
 * rest of the program runs without it. Never rejects because of Chroma.
 */
export async function startChromaServer(options: ChromaServerOptions): Promise<ChromaServer> {
  const directory = join(options.dataDirectory, 'chroma');
  await endLeftOver(options.dataDirectory, directory);
  const waiting = createReadiness();
  const backOff = options.backOff ?? DEFAULT_BACK_OFF;
  const damage = createDamageWatch({
    directory,
    crashLimit: options.crashesBeforeQuarantine ?? 3,
    stableAfterMs: backOff.stableAfterMs,
    onQuarantine: (event) => options.onQuarantine?.(event),
  });
  let port = 0;
  const child = superviseChild({
    name: 'chroma',
    backOff,
    ...(options.onEvent === undefined ? {} : { onState: options.onEvent }),
    onLine: (line) => (BANNER.test(line) ? undefined : options.onLine?.(line)),
    async command() {
      await damage.setAsideIfDue();
      await mkdir(directory, { recursive: true });
      port = await (options.pickPort ?? pickFreePort)();
      const entry = resolveEntryPoint('./chroma-process', import.meta.url);
      const env = { ...options.environment, ANONYMIZED_TELEMETRY: 'False' };
      return { ...entry, args: [directory, String(port)], env };
    },
    async confirm({ pid, signal }) {
      const url = `http://127.0.0.1:${port}`;
      await prove({ url, directory, timeoutMs: options.readyTimeoutMs ?? 30_000, signal });
      await writeChromaAddress(options.dataDirectory, { url, pid });
      damage.serverIsUp();
      waiting.open(url);
    },
    async onExit(exit) {
      waiting.close();
      damage.serverEnded(exit);
      await removeChromaAddress(options.dataDirectory).catch(() => undefined);
    },
  });
  return controls(child, waiting, damage);
}

function controls(child: SupervisedChild, waiting: Readiness, damage: DamageWatch): ChromaServer {
  return {
    url: waiting.url,
    ready: waiting.ready,
    pid: child.pid,
    restart: (reason) => child.restart(reason, STOP_GRACE_MS),
    async quarantine(reason) {
      damage.demand(reason);
      await child.restart(reason, STOP_GRACE_MS);
    },
    async stop() {
      await child.stop(STOP_GRACE_MS);
      waiting.stop();
    },
  };
}

async function prove(options: Parameters<typeof proveChromaServer>[0]): Promise<void> {
  try {
    await proveChromaServer(options);
  } catch (error) {
    throw error instanceof ForeignServerError ? error : new Error(NEVER_READY, { cause: error });
  }
}

/** A server whose parent was killed ends by itself; this is for one that could not. */
async function endLeftOver(dataDirectory: string, directory: string): Promise<void> {
  const address = await readChromaAddress(dataDirectory);
  if (address === null) return;
  await endOrphan(address.pid, ['chroma-process', directory]);
  await removeChromaAddress(dataDirectory).catch(() => undefined);
}

/** A port that was free a moment ago. */
async function pickFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
