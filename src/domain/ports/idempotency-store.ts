/** Answers kept under the keys that clients choose, so that a request that is sent twice does its work once. */

/** One key is one request of one tenant to one route (method and pattern). */
export interface IdempotencyKey {
  tenantId: string;
  key: string;
  route: string;
}

/** An answer to be given again as it was. `body` is JSON text. */
export interface StoredResponse {
  status: number;
  location: string | null;
  body: string;
}

/**
 * `started`: the caller does the work and holds the key under `token`. `replay`: it was done, this was the answer.
 * `running`: somebody else is doing it. `mismatch`: the key belongs to another request.
 */
export type IdempotencyOutcome =
  | { kind: 'started'; token: string }
  | { kind: 'replay'; response: StoredResponse }
  | { kind: 'running' }
  | { kind: 'mismatch' };

/** Every call names the tenant in its key; the clock is the store's. */
export interface IdempotencyStore {
  /**
   * Takes the key for a request with this fingerprint (SHA-256, hex) for `leaseMs`. A key is free when it is unknown, when
   * it is older than `keepMs`, or when whoever took it let the lease run out: a process that died frees its keys so.
   */
  begin(
    key: IdempotencyKey,
    options: { fingerprint: string; leaseMs: number; keepMs: number },
  ): Promise<IdempotencyOutcome>;
  /** Extends the lease. False: it was lost. */
  extend(key: IdempotencyKey, token: string, leaseMs: number): Promise<boolean>;
  /** Keeps the answer; from now on the key replays it. False: the lease was lost, nothing is kept. */
  complete(key: IdempotencyKey, token: string, response: StoredResponse): Promise<boolean>;
  /** Gives the key back unused. Without the lease it does nothing. */
  release(key: IdempotencyKey, token: string): Promise<void>;
}
