/** How long to wait before a failed attempt is repeated. */

/** Upper bound of the first wait, in milliseconds. */
export const BACKOFF_BASE_MS = 500;
/** No wait is longer, in milliseconds. */
export const BACKOFF_CAP_MS = 60_000;

/** Settings of {@link backoffMs}; times in milliseconds, `random` gives numbers from 0 up to but not 1. */
export interface BackoffOptions {
  baseMs?: number;
  capMs?: number;
  random?: () => number;
}

/**
 * Exponential backoff with full jitter: a whole number of milliseconds, evenly spread between 0 and
 * `min(cap, base * 2^(attempt - 1))`. Spreading over the whole range keeps clients that failed together from coming back
 * together. Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param attempt 1 after the first failure; smaller values count as 1
 */
export function backoffMs(attempt: number, options: BackoffOptions = {}): number {
  const { baseMs = BACKOFF_BASE_MS, capMs = BACKOFF_CAP_MS, random = Math.random } = options;
  const ceiling = Math.min(capMs, baseMs * 2 ** (Math.max(1, attempt) - 1));
  return Math.floor(random() * (ceiling + 1));
}
