/** The log: one JSON object a line. Ids and sizes only; what could hold a secret is redacted here, whoever logs it. */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { scrub } from './scrub.js';

export type Logger = PinoLogger;

export interface LoggerOptions {
  level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** Which program writes: `server`, `ingest-worker`, … */
  name: string;
  /** Standard output unless given. */
  destination?: DestinationStream;
}

const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'apiKey',
  'api_key',
  'key',
  'token',
  'password',
  'secret',
  'secrets',
  'headers',
  'databaseUrl',
  'openaiApiKey',
  'rerankApiKey',
];
const CONTENT_FIELDS = ['question', 'query', 'text', 'quote', 'prompt', 'messages', 'passages', 'filename', 'title'];

/** Field names whose values never reach the log, at the top and one and two levels down. */
export const REDACTED_PATHS = [...SECRET_FIELDS, ...CONTENT_FIELDS].flatMap((field) => {
  const step = /^[A-Za-z_]+$/.test(field) ? `.${field}` : `["${field}"]`;
  return [step.replace(/^\./, ''), `*${step}`, `*.*${step}`];
});

/** Makes the log of one program. */
export function createLogger({ level, name, destination }: LoggerOptions): Logger {
  const options = {
    level,
    name,
    base: { name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError, error: describeError, cause: describeError },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** What the log keeps of an error. Fields of its own (request headers, SQL parameters) are left out on purpose. */
export interface DescribedError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: DescribedError;
}

/** @param depth how many causes below this one are followed */
export function describeError(error: unknown, depth = 4): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'A value that is no error was thrown.' };
  const code: unknown = Reflect.get(error, 'code');
  return {
    type: error.name,
    message: scrub(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: scrub(error.stack) }),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: describeError(error.cause, depth - 1) }),
  };
}
