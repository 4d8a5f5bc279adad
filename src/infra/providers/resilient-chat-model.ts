/**
 * A chat model that can be relied on to end: retries before the first token, a time limit for each wait and for the whole,
 * a circuit breaker, and an upstream request that is always closed. It knows no vendor.
 */
import { AppError } from '../../domain/errors.js';
import type { ChatChunk, ChatModel, ChatRequest } from '../../domain/ports/chat-model.js';
import { type ProviderFailure, readProviderFailure, timeoutFailure } from './provider-failure.js';
import { createProviderPolicy, type ProviderPolicy, type ProviderPolicyOptions } from './provider-policy.js';
import { raceAbort } from './race-abort.js';

/** One attempt at the provider. Aborting the request's signal must close the connection. */
export type OpenChat = (request: ChatRequest & { signal: AbortSignal }) => AsyncIterable<ChatChunk>;

export interface ResilientChatModelOptions {
  id: string;
  open: OpenChat;
  /** Longest wait for the first token, and later between two of them. */
  firstTokenTimeoutMs: number;
  totalTimeoutMs: number;
  policy?: ProviderPolicyOptions;
}

/** Wraps `open` into a {@link ChatModel}. */
export function createResilientChatModel({ policy, ...options }: ResilientChatModelOptions): ChatModel {
  const guarded = { ...options, policy: createProviderPolicy(policy) };
  return { id: options.id, stream: (request) => streamGuarded(guarded, request) };
}

type Guarded = Omit<ResilientChatModelOptions, 'policy'> & { policy: ProviderPolicy };

async function* streamGuarded(model: Guarded, request: ChatRequest): AsyncGenerator<ChatChunk> {
  request.signal?.throwIfAborted();
  const controller = new AbortController();
  const { signal } = controller;
  const onCallerAbort = () => controller.abort(request.signal?.reason);
  request.signal?.addEventListener('abort', onCallerAbort, { once: true });
  const deadline = setTimeout(() => controller.abort(timeoutFailure('to answer')), model.totalTimeoutMs);
  try {
    const opening = model.policy.run(() => openAttempt(model, request, signal), signal);
    const { attempt, first } = await raceAbort(opening, signal);
    let next = first;
    while (next.done !== true) {
      yield next.value;
      next = await nextChunk(attempt, model.firstTokenTimeoutMs, signal);
    }
  } catch (error) {
    throw callerReason(request.signal) ?? readProviderFailure(error).error;
  } finally {
    clearTimeout(deadline);
    request.signal?.removeEventListener('abort', onCallerAbort);
    controller.abort(new AppError('model_failed', 'The model call is over.'));
  }
}

function callerReason(signal: AbortSignal | undefined): unknown {
  return signal?.aborted === true ? signal.reason : undefined;
}

interface Attempt {
  chunks: AsyncIterator<ChatChunk>;
  controller: AbortController;
}

/** Opens a stream and waits for its first chunk: up to here another try changes nothing for the reader. */
async function openAttempt(
  model: Guarded,
  request: ChatRequest,
  signal: AbortSignal,
): Promise<{ attempt: Attempt; first: IteratorResult<ChatChunk> }> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const chunks = model.open({ ...request, signal: controller.signal })[Symbol.asyncIterator]();
  const attempt = { chunks, controller };
  try {
    const first = await nextChunk(attempt, model.firstTokenTimeoutMs, signal);
    return { attempt, first };
  } catch (error) {
    signal.removeEventListener('abort', onAbort);
    controller.abort(error);
    throw signal.aborted ? signal.reason : readProviderFailure(error);
  }
}

/** The next chunk; a provider that is silent for `timeoutMs` has failed. */
async function nextChunk(
  { chunks, controller }: Attempt,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<IteratorResult<ChatChunk>> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const failure: ProviderFailure = timeoutFailure('between two words');
      controller.abort(failure);
      reject(failure);
    }, timeoutMs);
  });
  try {
    return await raceAbort(Promise.race([chunks.next(), silence]), signal);
  } finally {
    clearTimeout(timer);
  }
}
