/** A Footnote of its own for an evaluation: the real server as a child process, on a free port and in an empty folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../config/env.js';
import { AppError } from '../domain/errors.js';

/** A running server and the way to end it. */
export interface EvaluationServer {
  url: string;
  /** Ends the server and removes its folder. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/**
 * Starts the server with the default settings and waits until it is ready. Providers that the environment configures are
 * used, its database, port and folder are not.
 * @throws AppError `internal_error` when it ends or is not ready within a minute
 */
export async function startEvaluationServer(): Promise<EvaluationServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'footnote-evaluation-'));
  const port = await freePort();
  const own = {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: dataDir,
    DATABASE_URL: '',
    CHROMA_URL: '',
    API_KEYS: '',
  };
  const child = spawn(process.execPath, [...process.execArgv, serverEntry()], {
    env: childEnvironment({ ...own, LOG_LEVEL: 'silent', INGEST_CONCURRENCY: '2' }),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const close = async () => {
    await stop(child);
    await rm(dataDir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilReady(url, child);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The server beside this file, compiled or not. */
function serverEntry(): string {
  const compiled = fileURLToPath(new URL('../server.js', import.meta.url));
  return existsSync(compiled) ? compiled : fileURLToPath(new URL('../server.ts', import.meta.url));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < START_TIMEOUT_MS && child.exitCode === null; waited += POLL_MS) {
    const response = await fetch(`${url}/ready`).catch(() => null);
    if (response?.ok === true) return;
    await pause(POLL_MS);
  }
  throw new AppError('internal_error', 'The server for the evaluation did not become ready.');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
