import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdempotencyKey, IdempotencyStore } from '../../src/domain/ports/idempotency-store.js';
import { newTenant } from './library-subject.js';

const HOUR = 3_600_000;
const response = { status: 202, location: '/api/v1/documents/doc_1', body: '{"documents":[{"title":"Ü 😀"}]}' };

/** What every store of idempotency keys must do. */
export function describeIdempotencyStoreContract(
  name: string,
  makeSubject: () => Promise<IdempotencyStore>,
  dispose: () => Promise<void> = async () => {},
): void {
  describe(`idempotency keys on ${name}`, () => {
    let store: IdempotencyStore;
    beforeAll(async () => {
      store = await makeSubject();
    });
    afterAll(dispose);

    const newKey = (): IdempotencyKey => ({ tenantId: newTenant(), key: 'order-1', route: 'POST /things' });
    const begin = (key: IdempotencyKey, change: Partial<Parameters<IdempotencyStore['begin']>[1]> = {}) =>
      store.begin(key, { fingerprint: 'aa', leaseMs: 60_000, keepMs: HOUR, ...change });
    const start = async (key: IdempotencyKey, change: Parameters<typeof begin>[1] = {}) => {
      const outcome = await begin(key, change);
      if (outcome.kind !== 'started') throw new Error(`the key is ${outcome.kind}`);
      return outcome.token;
    };

    it('gives the kept answer to the same request, as it was', async () => {
      const key = newKey();
      const token = await start(key);
      expect(await begin(key)).toEqual({ kind: 'running' });
      expect(await store.complete(key, token, response)).toBe(true);
      expect(await begin(key)).toEqual({ kind: 'replay', response });
      const bare = newKey();
      await store.complete(bare, await start(bare), { ...response, location: null });
      expect(await begin(bare)).toEqual({ kind: 'replay', response: { ...response, location: null } });
    });

    it('tells another request under the same key, while the first runs and afterwards', async () => {
      const key = newKey();
      const token = await start(key);
      expect(await begin(key, { fingerprint: 'bb' })).toEqual({ kind: 'mismatch' });
      await store.complete(key, token, response);
      expect(await begin(key, { fingerprint: 'bb' })).toEqual({ kind: 'mismatch' });
    });

    it('keeps tenants, keys and routes apart', async () => {
      const key = newKey();
      await store.complete(key, await start(key), response);
      for (const other of [{ tenantId: newTenant() }, { key: 'order-2' }, { route: 'POST /others' }]) {
        expect((await begin({ ...key, ...other }, { fingerprint: 'bb' })).kind).toBe('started');
      }
    });

    it('lets one of twenty that come at once do the work', async () => {
      const key = newKey();
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => begin(key)));
      expect(outcomes.filter(({ kind }) => kind === 'started')).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === 'running')).toHaveLength(19);
    });

    it('is free again when the work was given back', async () => {
      const key = newKey();
      await store.release(key, await start(key));
      expect((await begin(key, { fingerprint: 'bb' })).kind).toBe('started');
    });

    it('is free again when the lease ran out, and the first holder can keep nothing any more', async () => {
      const key = newKey();
      const dead = await start(key, { leaseMs: 1 });
      await sleep(20);
      const token = await start(key, { fingerprint: 'bb' });
      expect(await store.extend(key, dead, 60_000)).toBe(false);
      expect(await store.complete(key, dead, response)).toBe(false);
      await store.release(key, dead);
      expect(await store.complete(key, token, response)).toBe(true);
      expect(await begin(key, { fingerprint: 'bb' })).toEqual({ kind: 'replay', response });
    });

    it('stays held while the lease is extended', async () => {
      const key = newKey();
      const token = await start(key, { leaseMs: 1 });
      expect(await store.extend(key, token, 60_000)).toBe(true);
      await sleep(20);
      expect(await begin(key)).toEqual({ kind: 'running' });
    });

    it('does not give a finished answer back, nor drop it', async () => {
      const key = newKey();
      const token = await start(key);
      await store.complete(key, token, response);
      await store.release(key, token);
      expect(await begin(key)).toEqual({ kind: 'replay', response });
    });

    it('forgets a key after its time', async () => {
      const key = newKey();
      await store.complete(key, await start(key, { keepMs: 1 }), response);
      await sleep(20);
      expect((await begin(key, { fingerprint: 'bb' })).kind).toBe('started');
    });
  });
}
