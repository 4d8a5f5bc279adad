import type { IdempotencyKey, IdempotencyStore, StoredResponse } from '../../src/domain/ports/idempotency-store.js';

interface Row {
  fingerprint: string;
  token: string;
  leaseUntil: number;
  expiresAt: number;
  response: StoredResponse | null;
}

/** Idempotency keys in memory. `now` gives milliseconds. */
export function createFakeIdempotencyStore({ now = Date.now }: { now?: () => number } = {}): IdempotencyStore {
  const rows = new Map<string, Row>();
  let tokens = 0;
  const nameOf = ({ tenantId, key, route }: IdempotencyKey) => JSON.stringify([tenantId, key, route]);
  const held = (key: IdempotencyKey, token: string): Row | undefined => {
    const row = rows.get(nameOf(key));
    return row?.token === token && row.response === null ? row : undefined;
  };
  return {
    async begin(key, { fingerprint, leaseMs, keepMs }) {
      const row = rows.get(nameOf(key));
      const free = row === undefined || row.expiresAt <= now() || (row.response === null && row.leaseUntil <= now());
      if (free) {
        tokens += 1;
        const token = `token-${tokens}`;
        const times = { leaseUntil: now() + leaseMs, expiresAt: now() + keepMs };
        rows.set(nameOf(key), { fingerprint, token, ...times, response: null });
        return { kind: 'started', token };
      }
      if (row.fingerprint !== fingerprint) return { kind: 'mismatch' };
      return row.response === null ? { kind: 'running' } : { kind: 'replay', response: { ...row.response } };
    },
    async extend(key, token, leaseMs) {
      const row = held(key, token);
      if (row !== undefined) row.leaseUntil = now() + leaseMs;
      return row !== undefined;
    },
    async complete(key, token, response) {
      const row = held(key, token);
      if (row !== undefined) row.response = { ...response };
      return row !== undefined;
    },
    async release(key, token) {
      if (held(key, token) !== undefined) rows.delete(nameOf(key));
    },
  };
}
