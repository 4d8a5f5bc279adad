import type { Problem } from './answer.js';
import { type AppError, ERROR_CODES } from './errors.js';

/**
 * The error as RFC 9457 problem details: in error bodies, in the `answer-error` event, on the command line.
 * @param instance the request id, so that a user's report leads to the log line
 */
export function toProblem(error: AppError, instance: string): Problem {
  const { status, title } = ERROR_CODES[error.code];
  return {
    type: `urn:footnote:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    instance,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  };
}
