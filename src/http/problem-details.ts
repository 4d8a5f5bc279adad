/**
 * The one place where an error becomes an HTTP answer: RFC 9457 problem+json with a code of the closed list. Messages of
 * foreign errors never pass, only our own sentences do.
 */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { AppError, type ErrorCode, toAppError } from '../domain/errors.js';
import type { RequestObserver } from '../domain/ports/request-observer.js';
import { toProblem } from '../domain/problem.js';
import { requestState } from './request-state.js';

/** Given with a 429 or 503 that names no time of its own. */
const DEFAULT_RETRY_AFTER_SECONDS = 5;
/** How long a refused request may go on sending its body before the connection is cut. */
const LINGER_MS = 3000;

/** Answers what no route took. Mount it behind all routes. */
export function createNotFoundHandler(): RequestHandler {
  return () => {
    throw new AppError('not_found', 'There is nothing at this address.');
  };
}

/** The error handler of the application. Mount it last. */
export function createErrorHandler({ observer }: { observer: RequestObserver }): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const appError = toRequestError(error);
    const { requestId, route } = requestState(request);
    if (appError.status >= 500) {
      observer.requestFailed({ requestId, method: request.method, route, code: appError.code, error });
    }
    if (response.headersSent) {
      // The status is out: cutting the connection is the only honest way to say that the body is not complete.
      response.destroy();
      return;
    }
    sendProblem(request, response, appError);
  };
}

/** Sends the error as problem+json. */
export function sendProblem(request: Request, response: Response, error: AppError): void {
  for (const name of ['Content-Disposition', 'Content-Range', 'ETag', 'Last-Modified', 'Content-Length']) {
    response.removeHeader(name);
  }
  const retryAfter = error.retryAfterSeconds ?? (needsRetryAfter(error.status) ? DEFAULT_RETRY_AFTER_SECONDS : null);
  if (retryAfter !== null) response.setHeader('Retry-After', String(Math.max(1, Math.ceil(retryAfter))));
  if (error.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="footnote"');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
  stopReading(request);
  response.status(error.status).end(JSON.stringify(toProblem(error, requestState(request).requestId)));
}

function needsRetryAfter(status: number): boolean {
  return status === 429 || status === 503;
}

/** Throws away what the client still sends, for a bounded time: closing at once could lose our answer on its way. */
function stopReading(request: Request): void {
  if (request.complete) return;
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, LINGER_MS);
  timer.unref();
}

/** Any error of a request as an AppError; what nobody knows is `internal_error`. */
export function toRequestError(error: unknown): AppError {
  if (error instanceof AppError || !(error instanceof Error)) return toAppError(error);
  return (
    fromMulter(error) ?? fromMultipartText(error) ?? fromBodyParser(error) ?? fromStatus(error) ?? toAppError(error)
  );
}

const MULTER_CODES: Record<string, [ErrorCode, string]> = {
  LIMIT_FILE_SIZE: ['payload_too_large', 'A file is larger than this server takes.'],
  LIMIT_FILE_COUNT: ['payload_too_large', 'The upload holds more files than this server takes at once.'],
  LIMIT_FIELD_COUNT: ['payload_too_large', 'The upload holds too many fields.'],
  LIMIT_PART_COUNT: ['payload_too_large', 'The upload holds too many parts.'],
  LIMIT_FIELD_VALUE: ['payload_too_large', 'A field of the upload is too long.'],
  LIMIT_FIELD_KEY: ['invalid_multipart', 'A field name of the upload is too long.'],
  LIMIT_UNEXPECTED_FILE: ['invalid_multipart', 'Files must come in parts named "files".'],
  MISSING_FIELD_NAME: ['invalid_multipart', 'A part of the upload has no field name.'],
};

function fromMulter(error: Error): AppError | null {
  if (error.name !== 'MulterError') return null;
  const code = textProperty(error, 'code') ?? '';
  const [ourCode, sentence] = MULTER_CODES[code] ?? ['invalid_multipart', 'The multipart body is broken.'];
  return new AppError(ourCode, sentence, { cause: error });
}

/** Messages of busboy 1.6 (under multer), which throws plain errors. */
const MULTIPART_MESSAGES =
  /^(Multipart: Boundary not found|Malformed (part header|content type|urlencoded form)|Unexpected end of (form|file)|Unsupported content type|Missing Content-Type|Request (aborted|closed)|Invalid multipart)/;

function fromMultipartText(error: Error): AppError | null {
  if (!MULTIPART_MESSAGES.test(error.message)) return null;
  return new AppError('invalid_multipart', 'The multipart body is broken or was cut off.', { cause: error });
}

/** `type` values of body-parser 2. */
const BODY_PARSER_TYPES: Record<string, [ErrorCode, string]> = {
  'entity.too.large': ['payload_too_large', 'The JSON body is larger than 2 MB.'],
  'entity.parse.failed': ['invalid_json', 'The body could not be read as JSON.'],
  'entity.verify.failed': ['invalid_json', 'The body is not valid UTF-8.'],
  'encoding.unsupported': ['unsupported_media_type', 'This content encoding is not supported.'],
  'charset.unsupported': ['unsupported_media_type', 'This character set is not supported; send UTF-8.'],
  'request.aborted': ['invalid_request', 'The request was cut off.'],
  'request.size.invalid': ['invalid_request', 'The body is not as long as Content-Length says.'],
};

function fromBodyParser(error: Error): AppError | null {
  const known = BODY_PARSER_TYPES[textProperty(error, 'type') ?? ''];
  return known === undefined ? null : new AppError(known[0], known[1], { cause: error });
}

/** Errors of Express and its parts carry a `status`: broken percent-encoding, broken compression, a Range out of reach. */
function fromStatus(error: Error): AppError | null {
  const status: unknown = Reflect.get(error, 'status');
  if (typeof status !== 'number' || status < 400 || status > 499) return null;
  if (status === 404) return new AppError('not_found', 'There is nothing at this address.', { cause: error });
  if (status === 413) return new AppError('payload_too_large', 'The request is too large.', { cause: error });
  if (status === 415)
    return new AppError('unsupported_media_type', 'This kind of body is not supported.', { cause: error });
  return new AppError('invalid_request', 'The request could not be read.', { cause: error });
}

function textProperty(error: Error, name: string): string | null {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : null;
}
