/**
 * Waits for a Chroma server and proves that it is the one on our directory: a database with a random name made over HTTP
 * must turn up in our own `chroma.sqlite3`. A heartbeat proves nothing: another server on the same port has one too.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'libsql';

const REQUEST_TIMEOUT_MS = 2000;

export interface ProofOptions {
  /** Base address without a trailing slash. */
  url: string;
  /** The directory the server was told to use. */
  directory: string;
  timeoutMs: number;
  /** Aborted when the server's process has ended. */
  signal: AbortSignal;
}

/** The server answers, but for another directory than ours. */
export class ForeignServerError extends Error {
  constructor() {
    super('another server listens on the port');
    this.name = 'ForeignServerError';
  }
}

/**
 * Resolves when the server answers and is proven ours.
 * @throws ForeignServerError; Error when it does not answer within `timeoutMs`, answers errors, or its process ended
 */
export async function proveChromaServer(options: ProofOptions): Promise<void> {
  await waitForHeartbeat(options);
  const databases = `${options.url}/api/v2/tenants/default_tenant/databases`;
  const name = `probe_${randomUUID()}`;
  const created = await call(databases, options.signal, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  if (!created) throw new Error('the server refuses to write');
  const ours = await appears(join(options.directory, 'chroma.sqlite3'), name);
  await call(`${databases}/${name}`, options.signal, { method: 'DELETE' });
  if (!ours) throw new ForeignServerError();
}

async function waitForHeartbeat({ url, timeoutMs, signal }: ProofOptions): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!signal.aborted && performance.now() < deadline) {
    if (await call(`${url}/api/v2/heartbeat`, signal).catch(() => false)) return;
    await delay(25);
  }
  throw new Error('no heartbeat');
}

async function call(address: string, signal: AbortSignal, init: RequestInit = {}): Promise<boolean> {
  const response = await fetch(address, {
    ...init,
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  await response.arrayBuffer();
  return response.ok;
}

/** Looks a few times: the file may be locked for the moment of a write. */
async function appears(file: string, databaseName: string): Promise<boolean> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (findDatabase(file, databaseName)) return true;
    await delay(50);
  }
  return false;
}

function findDatabase(file: string, databaseName: string): boolean {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { timeout: 500 });
    database.exec('pragma query_only = on');
    return database.prepare('select 1 from databases where name = ?').get(databaseName) !== undefined;
  } catch {
    return false;
  } finally {
    database?.close();
  }
}
