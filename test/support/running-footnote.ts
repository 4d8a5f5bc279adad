/** The real product as a child process on a free port, for tests that tell a user's story. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readServerSentEvents } from '../../src/cli/read-server-sent-events.js';
import type { Answer, AnswerEvent } from '../../src/domain/answer.js';
import type { Document } from '../../src/domain/document.js';
import type { SearchResponse } from '../../src/domain/passage.js';
import { BUILD_FOLDER } from './build-product.js';

export interface RunningFootnote {
  url: string;
  pid: number;
  dataDir: string;
  /** Everything the process wrote so far. */
  output(): string;
  /** Uploads a file of the disk, or a text under a name; waits until it is settled. */
  upload(
    file: string | { filename: string; content: string | Uint8Array },
    options?: { collection?: string },
  ): Promise<Document>;
  ask(question: string): Promise<Answer>;
  askStream(question: string): Promise<AnswerEvent[]>;
  search(query: string, mode?: string): Promise<SearchResponse>;
  get<Body>(path: string): Promise<{ status: number; body: Body }>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Sends the signal and waits for the end; gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Stops and removes the data directory. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface StartOptions {
  dataDir?: string;
  env?: Record<string, string>;
  /** Resolve when it listens instead of when it is ready. */
  untilListening?: boolean;
}

const ROOT = new URL('../../', import.meta.url).pathname;

/** Starts `src/server.ts` and waits until `/ready` says so. @throws Error with the output when it ends before that */
export async function startFootnote(options: StartOptions = {}): Promise<RunningFootnote> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'footnote-flow-')));
  const child = spawn(process.execPath, [`${BUILD_FOLDER}/src/server.js`], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'test', PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'info', ...options.env },
  });
  // A test that fails in the middle must not leave its server running.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const url = await listening(child, () => output);
  if (options.untilListening !== true) await untilReady(url, child, () => output);
  return describe({ child, url, dataDir, output: () => output });
}

async function listening(child: ChildProcess, output: () => string): Promise<string> {
  const end = Date.now() + 30_000;
  for (;;) {
    const match = /listening on (http:\/\/\S+)/i.exec(output());
    if (match !== null) return match[1] as string;
    if (child.exitCode !== null || Date.now() > end) {
      child.kill('SIGKILL');
      throw new Error(`the server did not start (exit code ${child.exitCode}):\n${output()}`);
    }
    await pause(20);
  }
}

async function untilReady(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const response = await fetch(`${url}/ready`).catch(() => null);
    if (response?.status === 200) return;
    if (child.exitCode !== null || Date.now() > end) {
      child.kill('SIGKILL');
      throw new Error(`the server did not become ready: ${await response?.text()}\n${output()}`);
    }
    await pause(50);
  }
}

function describe(running: {
  child: ChildProcess;
  url: string;
  dataDir: string;
  output: () => string;
}): RunningFootnote {
  const { child, url, dataDir, output } = running;
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return await ended;
  };
  return {
    url,
    dataDir,
    pid: child.pid as number,
    output,
    stop,
    fetch: (path, init) => fetch(`${url}${path}`, init),
    async get<Body>(path: string) {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, body: (await response.json()) as Body };
    },
    async upload(file, { collection = 'default' } = {}) {
      const form = new FormData();
      const content = typeof file === 'string' ? await readFile(file) : file.content;
      form.append('files', new Blob([content]), typeof file === 'string' ? basename(file) : file.filename);
      const response = await fetch(`${url}/api/v1/collections/${collection}/documents?wait=60`, {
        method: 'POST',
        body: form,
      });
      const body = (await response.json()) as { documents: Document[] };
      const [document] = body.documents ?? [];
      if (document === undefined) throw new Error(`upload answered ${response.status}: ${JSON.stringify(body)}`);
      return document;
    },
    async ask(question) {
      const response = await post('/api/v1/ask', { question });
      if (response.status !== 200) throw new Error(`ask answered ${response.status}: ${await response.text()}`);
      return (await response.json()) as Answer;
    },
    async askStream(question) {
      const events: AnswerEvent[] = [];
      const response = await post('/api/v1/ask', { question }, { accept: 'text/event-stream' });
      for await (const { event, data } of readServerSentEvents(response)) {
        events.push({ event, data: JSON.parse(data) } as AnswerEvent);
      }
      return events;
    },
    async search(query, mode = 'hybrid') {
      const response = await post('/api/v1/search', { query, mode });
      if (response.status !== 200) throw new Error(`search answered ${response.status}: ${await response.text()}`);
      return (await response.json()) as SearchResponse;
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
