/**
 * Every call to a Chroma server goes through here: a time limit that really ends the request, one retry, a circuit
 * breaker a server, and failures as AppErrors. It also remembers the ids of collections, which are only good for the
 * server they came from: a new address means a new memory.
 *
 * The official client takes an abort signal only when it is made, so there is a new (cheap) client for each call.
 */
import type { ChromaClient, Collection } from 'chromadb';
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  handleWhen,
  type IPolicy,
  retry,
} from 'cockatiel';
import { AppError } from '../../../domain/errors.js';

/** What a call gets: a client bound to the call's time limit, and the server's collection ids by name. */
export interface ChromaSession {
  client: ChromaClient;
  collectionIds: Map<string, string>;
}

export interface ChromaCallOptions {
  /** Base address of the server; asked for every call, may wait for a server that is just starting. */
  url(): string | Promise<string>;
  /** Failed calls in a row after which calls fail at once. */
  breakAfter: number;
  /** Milliseconds until one call may try again. */
  breakForMs: number;
}

/** Runs `task` within `timeoutMs`, retry included. @throws AppError `search_unavailable`, `index_mismatch` */
export type CallChroma = <T>(timeoutMs: number, task: (session: ChromaSession) => Promise<T>) => Promise<T>;

const TENANT = { tenant: 'default_tenant', database: 'default_database' };
const RETRY_AFTER_MS = 250;
const RETRY_AFTER_SECONDS = 5;
/** Error classes of `chromadb` that say "not now"; by name, so that the library need not be loaded for it. */
const TRANSIENT = new Set(['ChromaConnectionError', 'ChromaServerError', 'ChromaRateLimitError', 'TimeoutError']);

interface KnownServer {
  url: string;
  breaker: IPolicy;
  collectionIds: Map<string, string>;
}

export function createChromaCalls(options: ChromaCallOptions): CallChroma {
  const retryOnce = retry(handleWhen(isTransient), { maxAttempts: 1, backoff: new ConstantBackoff(RETRY_AFTER_MS) });
  let known: KnownServer | null = null;
  const serverAt = (url: string): KnownServer => {
    if (known?.url !== url) known = newServer(url, options);
    return known;
  };
  return async (timeoutMs, task) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await retryOnce.execute(async () => {
        const server = serverAt(await within(signal, options.url()));
        return server.breaker.execute(() => runTask(server, signal, task));
      }, signal);
    } catch (error) {
      throw toSearchError(error);
    }
  };
}

function newServer(url: string, { breakAfter, breakForMs }: ChromaCallOptions): KnownServer {
  const breaker = circuitBreaker(handleWhen(isTransient), {
    halfOpenAfter: breakForMs,
    breaker: new ConsecutiveBreaker(breakAfter),
  });
  return { url, breaker, collectionIds: new Map() };
}

let library: Promise<typeof import('chromadb')> | undefined;

async function runTask<T>(server: KnownServer, signal: AbortSignal, task: (session: ChromaSession) => Promise<T>) {
  signal.throwIfAborted();
  library ??= import('chromadb');
  const { ChromaClient } = await library;
  const { protocol, hostname, port } = new URL(server.url);
  const ssl = protocol === 'https:';
  const client = new ChromaClient({
    host: hostname,
    port: port === '' ? (ssl ? 443 : 80) : Number(port),
    ssl,
    ...TENANT,
    fetchOptions: { signal },
  });
  return task({ client, collectionIds: server.collectionIds });
}

/** The value, or a TimeoutError when the signal comes first. */
async function within<T>(signal: AbortSignal, value: T | Promise<T>): Promise<T> {
  if (!(value instanceof Promise)) return value;
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** True for an error that chromadb throws when a collection (or its remembered id) does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'ChromaNotFoundError';
}

/**
 * True when the server cannot read the index files of one collection. It answers 500 to every search of it for ever, and
 * goes on working for the others: no reason for a retry or for the circuit breaker. Measured with 1.0.5 on truncated
 * `header.bin` and `index_metadata.pickle`; other damage crashes it (see chroma-damage-watch.ts).
 */
export function isIndexDamage(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'ChromaServerError' && /hnsw (segment|index)|pickle/i.test(error.message)
  );
}

function isTransient(error: unknown): boolean {
  if (isIndexDamage(error)) return false;
  if (error instanceof AppError) return error.code === 'search_unavailable';
  return error instanceof Error && TRANSIENT.has(error.name);
}

function toSearchError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  // The server's sentence for a vector of another length; it has no error class of its own.
  if (error instanceof Error && error.message.includes('expecting embedding with dimension')) {
    return new AppError(
      'index_mismatch',
      'The vector index holds vectors of another length than the embedding model gives; rebuild the index.',
      { cause: error },
    );
  }
  return new AppError('search_unavailable', sentenceFor(error), {
    cause: error,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

function sentenceFor(error: unknown): string {
  if (error instanceof BrokenCircuitError) return 'The vector index failed repeatedly and gets a short rest.';
  if (isIndexDamage(error)) return 'The vector index of a collection is damaged and has to be rebuilt.';
  return 'The vector index does not answer.';
}

/**
 * Runs `task` on a collection. A remembered id that the server no longer knows (deleted and made again by somebody else)
 * is looked up once more.
 * @returns null when there is no such collection
 */
export async function withCollection<T>(
  session: ChromaSession,
  name: string,
  task: (collection: Collection) => Promise<T>,
): Promise<T | null> {
  const remembered = session.collectionIds.get(name);
  if (remembered !== undefined) {
    try {
      return await task(session.client.collection(remembered));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      session.collectionIds.delete(name);
    }
  }
  try {
    const { id } = await session.client.getCollection({ name });
    session.collectionIds.set(name, id);
    return await task(session.client.collection(id));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    session.collectionIds.delete(name);
    return null;
  }
}
