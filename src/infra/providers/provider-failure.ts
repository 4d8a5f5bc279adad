/**
 * What vendors throw, read once: which of our errors it is, whether another try makes sense, and when. Nothing of the
 * vendor's message survives, since it may repeat a key, a prompt or a document.
 */
import { AppError, type ErrorCode } from '../../domain/errors.js';

/** A failed call of a provider, for the retry policy; callers see only `error`. */
export class ProviderFailure extends Error {
  readonly error: AppError;
  readonly retryable: boolean;
  /** What the provider asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(error: AppError, { retryable = false, retryAfterMs = null as number | null } = {}) {
    super(error.message, { cause: error.cause });
    this.name = 'ProviderFailure';
    this.error = error;
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
  }
}

/** HTTP statuses after which the same request may succeed. */
const TRANSIENT = new Set([408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529]);
const NETWORK_CODE = /^(?:ECONN|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EPIPE|ETIMEDOUT|UND_ERR_(?!ABORTED))/;
const NETWORK_MESSAGE =
  /^(?:connection error|fetch failed|terminated|premature close|socket hang up|other side closed)/i;

/** The failure behind anything a vendor SDK or `fetch` threw. `code` is what an unreadable answer counts as. */
export function readProviderFailure(error: unknown, code: ErrorCode = 'model_failed'): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  if (error instanceof AppError) return new ProviderFailure(error);
  const cause = describeVendorError(error);
  const status = numberProperty(error, 'status');
  if (status !== null && TRANSIENT.has(status)) {
    const retryAfterMs = readRetryAfter(error);
    return new ProviderFailure(unavailable(status, retryAfterMs, cause), {
      retryable: !isOutOfQuota(error),
      retryAfterMs,
    });
  }
  if (status !== null) return new ProviderFailure(new AppError(code, refusalSentence(status), { cause }));
  if (isNetworkError(error)) {
    const sentence = 'The model provider cannot be reached.';
    return new ProviderFailure(new AppError('model_unavailable', sentence, { cause }), { retryable: true });
  }
  const sentence = 'The model provider gave an answer that could not be read.';
  return new ProviderFailure(new AppError(code, sentence, { cause }));
}

/** A provider that took longer than it may; trying again would double the wait. */
export function timeoutFailure(what: string): ProviderFailure {
  return new ProviderFailure(new AppError('model_unavailable', `The model provider took too long ${what}.`));
}

function unavailable(status: number, retryAfterMs: number | null, cause: Error): AppError {
  const sentence =
    status === 429 ? 'The model provider is limiting our requests.' : 'The model provider is failing at the moment.';
  const wait = retryAfterMs === null ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) };
  return new AppError('model_unavailable', sentence, { cause, ...wait });
}

function refusalSentence(status: number): string {
  if (status === 401 || status === 403) return 'The model provider refused our credentials.';
  if (status === 404) return 'The model provider does not know the configured model or address.';
  return 'The model provider refused the request.';
}

function isOutOfQuota(error: unknown): boolean {
  return textProperty(error, 'code') === 'insufficient_quota' || textProperty(error, 'type') === 'insufficient_quota';
}

function isNetworkError(error: unknown): boolean {
  for (let layer = error, depth = 0; layer instanceof Error && depth < 5; layer = layer.cause, depth += 1) {
    if (NETWORK_CODE.test(textProperty(layer, 'code') ?? '') || NETWORK_MESSAGE.test(layer.message)) return true;
    if (layer.name === 'APIConnectionError' || layer.name === 'APIConnectionTimeoutError') return true;
  }
  return false;
}

/** `Retry-After` in seconds or as a date, or `retry-after-ms`; from `Headers` or a plain object. */
function readRetryAfter(error: unknown): number | null {
  const headers = property(error, 'headers');
  const read = (name: string): string | null => {
    const value = headers instanceof Headers ? headers.get(name) : property(headers, name);
    return typeof value === 'string' ? value : null;
  };
  const inMs = Number(read('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(inMs) && inMs >= 0) return inMs;
  const text = read('retry-after');
  if (text === null) return null;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

/** Class, status and code of a vendor error, without its message, headers or body. */
function describeVendorError(error: unknown): Error {
  const name = error instanceof Error ? error.name : typeof error;
  const facts = [
    numberProperty(error, 'status'),
    textProperty(error, 'code'),
    textProperty(property(error, 'cause'), 'code'),
  ];
  return new Error([name, ...facts.filter((fact) => fact !== null && /^[\w.-]{1,64}$/.test(String(fact)))].join(' '));
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textProperty(value: unknown, name: string): string | null {
  const found = property(value, name);
  return typeof found === 'string' ? found : null;
}

function numberProperty(value: unknown, name: string): number | null {
  const found = property(value, name);
  return typeof found === 'number' ? found : null;
}
