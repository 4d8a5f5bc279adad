/** Entry of the worker thread that `createParseInThread` starts: takes one task, says one result, ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../../src/domain/errors.js';
import { parseDocument } from './parse-document.js';
import type { ThreadMessage, ThreadTask } from './parse-in-thread.js';

/** Parsers work without a network; should one try, it fails here and not at a stranger's server. */
function refuseNetwork(): void {
  globalThis.fetch = () => Promise.reject(new Error('No network in a parser.'));
}

function send(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

async function runTask(task: ThreadTask): Promise<void> {
  const reportProgress = (done: number, total: number) => send({ type: 'progress', done, total });
  try {
    send({ type: 'parsed', parsed: await parseDocument({ ...task, reportProgress }) });
  } catch (error) {
    const known = error instanceof AppError ? error : new AppError('parse_failed', 'The file could not be read.');
    send({ type: 'failed', code: known.code, message: known.message });
  }
}

refuseNetwork();
await runTask(workerData as ThreadTask);
