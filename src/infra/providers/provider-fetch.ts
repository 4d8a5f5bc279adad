/** `fetch` for vendor SDKs that bounds what a provider can make us hold in memory. */
import { AppError } from '../../domain/errors.js';
import { ProviderFailure } from './provider-failure.js';

/** Longest line of an event stream; providers send a few hundred bytes. */
const MAX_LINE_BYTES = 1024 * 1024;
/** Largest whole answer of any kind. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const LINE_FEED = 10;

export interface ProviderFetchOptions {
  /** Ends every request made through this `fetch`. */
  signal?: AbortSignal | undefined;
}

/** A `fetch` whose responses fail with `model_failed` when a line or the body grows beyond all measure. */
export function createProviderFetch({ signal }: ProviderFetchOptions = {}): typeof fetch {
  return async (input, init) => {
    const signals = [signal, init?.signal].filter((one): one is AbortSignal => one instanceof AbortSignal);
    const joined = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
    const response = await fetch(input, joined === undefined ? init : { ...init, signal: joined });
    if (response.body === null) return response;
    const isEvents = response.headers.get('content-type')?.includes('text/event-stream') === true;
    const body = response.body.pipeThrough(createLimit(isEvents ? MAX_LINE_BYTES : MAX_BODY_BYTES));
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  };
}

function createLimit(maxLineBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let line = 0;
  let total = 0;
  return new TransformStream({
    transform: (chunk, controller) => {
      total += chunk.byteLength;
      const lastBreak = chunk.lastIndexOf(LINE_FEED);
      line = lastBreak < 0 ? line + chunk.byteLength : chunk.byteLength - lastBreak - 1;
      if (line > maxLineBytes || total > MAX_BODY_BYTES) {
        const sentence = 'The model provider sent more than any answer can hold.';
        controller.error(new ProviderFailure(new AppError('model_failed', sentence)));
      } else controller.enqueue(chunk);
    },
  });
}
