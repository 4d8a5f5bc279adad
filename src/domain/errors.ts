/**
 * The closed list of error codes and the one error class of the product.
 *
 * Every failure that can reach a user carries one of these codes; docs/errors.md lists them all and a test keeps
 * the two equal. The HTTP layer maps an AppError to RFC 9457 problem+json; nothing else decides a status.
 */

/** Code -> HTTP status and title. `status` is what the API answers when the error ends a request. */
export const ERROR_CODES = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_multipart: { status: 400, title: 'The multipart body is broken' },
  no_files: { status: 400, title: 'The upload holds no file' },
  unauthenticated: { status: 401, title: 'An API key is needed' },
  forbidden: { status: 403, title: 'This key may not do that' },
  not_found: { status: 404, title: 'There is no such thing' },
  method_not_allowed: { status: 405, title: 'This method is not offered here' },
  conflict: { status: 409, title: 'The request contradicts the current state' },
  idempotency_conflict: { status: 409, title: 'This idempotency key was used for another request' },
  precondition_failed: { status: 412, title: 'The thing was changed meanwhile' },
  payload_too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'This kind of file or body is not supported' },
  type_mismatch: { status: 415, title: 'The content is not what the name says' },
  rate_limited: { status: 429, title: 'Too many requests' },
  document_empty: { status: 422, title: 'The document holds no bytes' },
  no_text: { status: 422, title: 'The document holds no text that could be read' },
  no_pages: { status: 422, title: 'The document has no pages' },
  corrupt: { status: 422, title: 'The file is damaged' },
  password_required: { status: 422, title: 'The file is protected by a password' },
  entity_expansion: { status: 422, title: 'The file holds expanding entities' },
  inflated_too_large: { status: 422, title: 'The file inflates beyond the limit' },
  parse_timeout: { status: 422, title: 'Reading the file took too long' },
  parse_memory: { status: 422, title: 'Reading the file took too much memory' },
  parse_failed: { status: 422, title: 'The file could not be read' },
  too_many_passages: { status: 422, title: 'The document holds too much text' },
  embedding_failed: { status: 502, title: 'The embedding model gave a wrong answer' },
  model_failed: { status: 502, title: 'The model failed' },
  model_unavailable: { status: 503, title: 'The model cannot be reached' },
  search_unavailable: { status: 503, title: 'The search index cannot be reached' },
  storage_unavailable: { status: 503, title: 'The storage cannot be reached' },
  storage_full: { status: 507, title: 'There is no space left' },
  job_abandoned: { status: 500, title: 'The job was given up after repeated crashes' },
  answer_interrupted: { status: 500, title: 'The answer was cut off by a restart' },
  index_mismatch: { status: 500, title: 'The index was built with another embedding model' },
  configuration_invalid: { status: 500, title: 'The configuration is not valid' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
} as const satisfies Record<string, { status: number; title: string }>;

/** One of the codes of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** All codes, sorted as declared. */
export const ERROR_CODE_LIST = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

/** One broken field of a request: `path` in dotted form, `message` a sentence. */
export interface FieldError {
  path: string;
  message: string;
}

/** Extra facts an error may carry. */
export interface AppErrorOptions {
  cause?: unknown;
  /** Field errors of a validation. */
  errors?: FieldError[];
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  retryAfterSeconds?: number;
}

/**
 * An error with a stable code and a sentence that may be shown to a user.
 * `message` must hold no path, key, SQL text or document text.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly errors: FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** HTTP status of this error's code. */
  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** The error as an AppError: itself, or `internal_error` with the original as cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('internal_error', 'An unexpected error occurred; the log holds the details.', { cause: error });
}
