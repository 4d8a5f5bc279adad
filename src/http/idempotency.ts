/**
 * `Idempotency-Key`: a creating request that is sent twice does its work once and gets the same answer twice (after the
 * draft-ietf-httpapi-idempotency-key-header, without its quotes). Answers that are not an error are kept for 24 hours by
 * tenant, route and key; after an error the key is free again. Does not decide what a request is: routes name the parts.
 */
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError } from '../domain/errors.js';
import type { IdempotencyKey, IdempotencyStore, StoredResponse } from '../domain/ports/idempotency-store.js';
import type { Principal } from '../domain/principal.js';
import { requestState } from './request-state.js';
import { sendJson } from './send-json.js';

const KEEP_MS = 24 * 60 * 60 * 1000;
/** How long the key of a process that died stays taken. */
const LEASE_MS = 4000;
const BEAT_MS = 1000;
/** Longer than a lease, so that repeating a request whose process died does not fail. */
const WAIT_MS = 5000;
const POLL_MS = 100;
const RETRY_AFTER_SECONDS = 2;

/** The header, for the `request.headers` of a route that creates. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'use 1 to 255 visible ASCII characters')
    .optional()
    .meta({ description: 'The same key with the same request within 24 hours gives the answer of the first one.' }),
});

/** What a creating route answers. */
export interface JsonAnswer {
  status: number;
  body: unknown;
  location?: string | undefined;
}

/** An answer to be sent with {@link sendAnswer}; `replayed`: it was given before, nothing was done. */
export interface OnceAnswer extends StoredResponse {
  replayed: boolean;
}

/** The parts of a route's context that are needed here. */
export interface OnceContext {
  request: Request;
  headers: z.output<typeof idempotencyHeaders>;
  principal: Principal;
  signal: AbortSignal;
}

/**
 * Does the work and gives its answer, or gives the answer that the same request got before. `parts` is everything that makes the request what it is, anything JSON can hold (hashes
 * for files). While the same request is being worked on by somebody else it waits a few seconds for that answer.
 * @throws AppError `idempotency_conflict` when the key belongs to another request, `conflict` with a time to retry after
 *         when the first request is still being worked on; and what the work throws
 */
export type RunOnce = (context: OnceContext, parts: unknown, work: () => Promise<JsonAnswer>) => Promise<OnceAnswer>;

export interface RunOnceDeps {
  store: IdempotencyStore;
  /** How long a request waits for the first one with its key, milliseconds. */
  waitMs?: number;
}

/** One for all routes. */
export function createRunOnce({ store, waitMs = WAIT_MS }: RunOnceDeps): RunOnce {
  return async function runOnce(context, parts, work) {
    const { request, headers, principal } = context;
    const header = headers['idempotency-key'];
    if (header === undefined) return { ...toStored(await work()), replayed: false };
    const route = `${request.method} ${requestState(request).route}`;
    const key: IdempotencyKey = { tenantId: principal.tenantId, key: header, route };
    const taken = await takeKey(store, key, { fingerprint: fingerprintOf(parts), waitMs, signal: context.signal });
    if ('response' in taken) return { ...taken.response, replayed: true };
    return { ...(await workUnder(store, { key, token: taken.token }, work)), replayed: false };
  };
}

async function takeKey(
  store: IdempotencyStore,
  key: IdempotencyKey,
  { fingerprint, waitMs, signal }: { fingerprint: string; waitMs: number; signal: AbortSignal },
): Promise<{ token: string } | { response: StoredResponse }> {
  const end = performance.now() + waitMs;
  for (;;) {
    const outcome = await store.begin(key, { fingerprint, leaseMs: LEASE_MS, keepMs: KEEP_MS });
    if (outcome.kind === 'started' || outcome.kind === 'replay') return outcome;
    if (outcome.kind === 'mismatch') {
      throw new AppError('idempotency_conflict', 'This Idempotency-Key was used for another request; make a new one.');
    }
    if (performance.now() >= end || signal.aborted) {
      const detail = 'The first request with this Idempotency-Key is still being worked on.';
      throw new AppError('conflict', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function workUnder(
  store: IdempotencyStore,
  { key, token }: { key: IdempotencyKey; token: string },
  work: () => Promise<JsonAnswer>,
): Promise<StoredResponse> {
  // A beat that fails is made good by the next one, or the lease runs out, as it should when the store is away.
  const beat = setInterval(() => void store.extend(key, token, LEASE_MS).catch(() => false), BEAT_MS);
  try {
    const stored = toStored(await work());
    await store.complete(key, token, stored);
    return stored;
  } catch (error) {
    await store.release(key, token).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(beat);
  }
}

function toStored({
  status,
  body,
  location = null,
}: Omit<JsonAnswer, 'location'> & { location?: string | null | undefined }) {
  return { status, location, body: JSON.stringify(body) } satisfies StoredResponse;
}

/** Sends it; a replayed one says so in the header `Idempotent-Replayed: true`. */
export function sendAnswer(response: Response, { status, location, body, replayed }: OnceAnswer): void {
  if (replayed) response.setHeader('Idempotent-Replayed', 'true');
  if (location !== null) response.location(location);
  sendJson(response, status, JSON.parse(body));
}

/** SHA-256 (hex) of the value as JSON whose fields are in order, whatever order they came in. */
function fingerprintOf(parts: unknown): string {
  const ordered = JSON.stringify(parts, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
  return createHash('sha256').update(ordered).digest('hex');
}
