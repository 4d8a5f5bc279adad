/**
 * Parses a file in a worker thread of its own: off the caller's event loop, with a deadline, a bound on memory, an empty
 * environment and no way to print. Whatever happens in the thread ends as an AppError in the caller.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { AppError, type ErrorCode } from '../../src/domain/errors.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { DEFAULT_PARSE_LIMITS, type ParseLimits, type ReportProgress } from './parser.js';

/** Bounds of one parse. */
export interface ThreadLimits {
  /** Wall clock, the start of the thread included. */
  timeoutMs: number;
  /** JavaScript heap of the thread. Buffers outside the heap may take the same again. */
  memoryMb: number;
  /** Bounds that the parsers keep themselves; `DEFAULT_PARSE_LIMITS` without. */
  parse?: ParseLimits | undefined;
}

export interface ThreadInput {
  /** The whole file. When it fills its ArrayBuffer it is moved, not copied: the caller must not use it again. */
  bytes: Uint8Array;
  /** As sniffed at upload. */
  mediaType: string;
  filename: string;
  onProgress?: ReportProgress | undefined;
  /** Ends the thread; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** What the caller hands to the thread. */
export interface ThreadTask {
  bytes: Uint8Array;
  mediaType: string;
  filename: string;
  limits: ParseLimits;
}

/** What the thread says: any number of `progress`, then one of the others. */
export type ThreadMessage =
  | { type: 'progress'; done: number; total: number }
  | { type: 'parsed'; parsed: ParsedDocument }
  | { type: 'failed'; code: ErrorCode; message: string };

const MEGABYTE = 1024 * 1024;
/** How often the memory outside the thread's heap is looked at. */
const MEMORY_CHECK_MS = 200;
/** The process may grow by the heap and as much again before buffers outside the heap count as too large. */
const RESIDENT_FACTOR = 2;

/**
 * A function that parses one file per call, each in a fresh thread; calls may overlap.
 *
 * @returns rejects with AppError `parse_timeout`, `parse_memory`, `parse_failed` (the thread died), or what
 *          `parseDocument` throws; with the signal's reason when aborted
 */
export function createParseInThread(limits: ThreadLimits): (input: ThreadInput) => Promise<ParsedDocument> {
  return (input) => parseInThread(limits, input);
}

async function parseInThread(limits: ThreadLimits, input: ThreadInput): Promise<ParsedDocument> {
  input.signal?.throwIfAborted();
  const worker = startWorker(limits, input);
  let stopWatching: (() => void) | undefined;
  try {
    return await new Promise<ParsedDocument>((resolve, reject) => {
      stopWatching = watchBounds(limits, input.signal, reject);
      listen(worker, input.onProgress, { resolve, reject });
    });
  } finally {
    stopWatching?.();
    await worker.terminate();
  }
}

function startWorker(limits: ThreadLimits, input: ThreadInput): Worker {
  const bytes = ownBytes(input.bytes);
  const task: ThreadTask = {
    bytes,
    mediaType: input.mediaType,
    filename: input.filename,
    limits: limits.parse ?? DEFAULT_PARSE_LIMITS,
  };
  const options: WorkerOptions = {
    workerData: task,
    transferList: [bytes.buffer],
    // No secret of the process is in reach of a parser, and nothing it prints reaches our log.
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb, maxYoungGenerationSizeMb: 32 },
  };
  const worker = new Worker(findEntry(), options);
  worker.stdout.resume();
  worker.stderr.resume();
  return worker;
}

/** Bytes whose ArrayBuffer is theirs alone, so that it can be moved to the thread. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return isWhole ? new Uint8Array(buffer) : Uint8Array.from(bytes);
}

/**
 * The thread's module. Run from TypeScript sources, the thread has to register tsx by itself: since Node 20.6 loaders
 * given by `--import` do not reach its entry file.
 */
function findEntry(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./parse-thread.js', import.meta.url);
  // The ESM build by its path: the CommonJS one, which `resolve` would give, looks for its loader in the wrong folder.
  const tsx = new URL('./esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx'))).href;
  const entry = new URL('./parse-thread.ts', import.meta.url).href;
  const source = `import { register } from ${JSON.stringify(tsx)}; register(); await import(${JSON.stringify(entry)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

interface Outcome {
  resolve(parsed: ParsedDocument): void;
  reject(reason: unknown): void;
}

function listen(worker: Worker, onProgress: ReportProgress | undefined, outcome: Outcome): void {
  worker.on('message', (message: ThreadMessage) => {
    if (message.type === 'progress') onProgress?.(message.done, message.total);
    else if (message.type === 'parsed') outcome.resolve(message.parsed);
    else outcome.reject(new AppError(message.code, message.message));
  });
  worker.on('error', (error: NodeJS.ErrnoException) => outcome.reject(asThreadError(error)));
  worker.on('messageerror', (error) => outcome.reject(asThreadError(error)));
  worker.on('exit', () => outcome.reject(new AppError('parse_failed', 'Reading the file ended without a result.')));
}

function asThreadError(error: NodeJS.ErrnoException): AppError {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return tooMuchMemory(error);
  return new AppError('parse_failed', 'The file could not be read.', { cause: error });
}

function tooMuchMemory(cause?: unknown): AppError {
  return new AppError('parse_memory', 'Reading the file took more memory than is allowed.', { cause });
}

/** Calls `onBroken` when a bound is broken or the signal fires, until the function that it gives is called. */
function watchBounds(
  limits: ThreadLimits,
  signal: AbortSignal | undefined,
  onBroken: (reason: unknown) => void,
): () => void {
  const seconds = Math.round(limits.timeoutMs / 100) / 10;
  const deadline = setTimeout(
    () => onBroken(new AppError('parse_timeout', `Reading the file took longer than ${seconds} seconds.`)),
    limits.timeoutMs,
  );
  const ceiling = process.memoryUsage.rss() + limits.memoryMb * RESIDENT_FACTOR * MEGABYTE;
  // The heap limit does not count buffers; the resident set of the process does.
  const memory = setInterval(() => {
    if (process.memoryUsage.rss() > ceiling) onBroken(tooMuchMemory());
  }, MEMORY_CHECK_MS);
  const abort = () => onBroken(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  return () => {
    clearTimeout(deadline);
    clearInterval(memory);
    signal?.removeEventListener('abort', abort);
  };
}
