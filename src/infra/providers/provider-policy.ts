/** Retries with jitter that honour Retry-After, and a circuit breaker: the same for chat, embedding and rerank calls. */
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
  type IPolicy,
  type IRetryBackoffContext,
  retry,
  wrap,
} from 'cockatiel';
import { AppError } from '../../domain/errors.js';
import { ProviderFailure } from './provider-failure.js';

export interface ProviderPolicyOptions {
  /** Further tries after the first. */
  maxRetries?: number;
  /** First pause, doubled each time; the real one is a random part of it between half and all. */
  baseDelayMs?: number;
  /** Longest pause; a provider that asks for more is not tried again. */
  maxDelayMs?: number;
  /** Failures in a row that open the circuit, and how long it stays open. */
  breakAfter?: number;
  breakMs?: number;
  /** Hears of every failure that is tried again. */
  onRetry?: (failure: ProviderFailure) => void;
}

export interface ProviderPolicy {
  /**
   * Runs a call that throws {@link ProviderFailure}s.
   * @throws ProviderFailure the last one; `model_unavailable` at once while the circuit is open
   */
  run<Result>(call: () => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** A policy with a circuit of its own: one a provider. */
export function createProviderPolicy(options: ProviderPolicyOptions = {}): ProviderPolicy {
  const { maxRetries = 2, baseDelayMs = 250, maxDelayMs = 4000, breakAfter = 5, breakMs = 10_000, onRetry } = options;
  const retries = retry(
    handleWhen(
      (error) => error instanceof ProviderFailure && error.retryable && (error.retryAfterMs ?? 0) <= maxDelayMs,
    ),
    {
      maxAttempts: maxRetries,
      backoff: new DelegateBackoff((context: IRetryBackoffContext<unknown>) => {
        const failure = 'error' in context.result ? context.result.error : null;
        const asked = failure instanceof ProviderFailure ? failure.retryAfterMs : null;
        const planned = Math.min(maxDelayMs, baseDelayMs * 2 ** (context.attempt - 1));
        return Math.max(asked ?? 0, planned * (0.5 + Math.random() / 2));
      }),
    },
  );
  retries.onRetry((result) => {
    if ('error' in result && result.error instanceof ProviderFailure) onRetry?.(result.error);
  });
  const breaker = circuitBreaker(
    handleWhen((error) => error instanceof ProviderFailure && error.error.code === 'model_unavailable'),
    { halfOpenAfter: breakMs, breaker: new ConsecutiveBreaker(breakAfter) },
  );
  return { run: (call, signal) => execute(wrap(retries, breaker), call, { signal, breakMs }) };
}

async function execute<Result>(
  policy: IPolicy,
  call: () => Promise<Result>,
  { signal, breakMs }: { signal: AbortSignal | undefined; breakMs: number },
): Promise<Result> {
  try {
    return await policy.execute(call, signal);
  } catch (error) {
    if (!(error instanceof BrokenCircuitError)) throw error;
    const sentence = 'The model provider has failed repeatedly and is left alone for some seconds.';
    const options = { retryAfterSeconds: Math.ceil(breakMs / 1000) };
    throw new ProviderFailure(new AppError('model_unavailable', sentence, options));
  }
}
