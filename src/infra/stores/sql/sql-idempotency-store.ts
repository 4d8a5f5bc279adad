import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { IdempotencyKey, IdempotencyOutcome, IdempotencyStore } from '../../../domain/ports/idempotency-store.js';
import type { SqlDatabase } from './open-database.js';
import { nowMs } from './sql-functions.js';

type BeginOptions = Parameters<IdempotencyStore['begin']>[1];

/** Idempotency keys as rows. A key is taken by one statement, so of any number of processes one does the work. */
export function createSqlIdempotencyStore(database: SqlDatabase): IdempotencyStore {
  const { db, dialect } = database;
  const now = nowMs(dialect);
  const held = ({ tenantId, key, route }: IdempotencyKey, token: string) =>
    db
      .updateTable('idempotency_key')
      .where('tenant_id', '=', tenantId)
      .where('key', '=', key)
      .where('route', '=', route)
      .where('token', '=', token)
      .where('status', 'is', null);
  return {
    async begin(key, options) {
      for (;;) {
        const token = await takeKey(database, key, options);
        if (token !== null) return { kind: 'started', token };
        const outcome = await readKey(database, key, options.fingerprint);
        // Given back between the two statements: it can be taken now.
        if (outcome !== null) return outcome;
      }
    },

    async extend(key, token, leaseMs) {
      const { numUpdatedRows } = await held(key, token)
        .set({ lease_until: sql<number>`${now} + ${leaseMs}` })
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async complete(key, token, { status, location, body }) {
      const { numUpdatedRows } = await held(key, token).set({ status, location, body }).executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async release({ tenantId, key, route }, token) {
      await db
        .deleteFrom('idempotency_key')
        .where('tenant_id', '=', tenantId)
        .where('key', '=', key)
        .where('route', '=', route)
        .where('token', '=', token)
        .where('status', 'is', null)
        .execute();
    },
  };
}

/** The token under which the key is now held; null when it is not free. Expired keys of everybody go on the way. */
async function takeKey(
  { db, dialect }: SqlDatabase,
  key: IdempotencyKey,
  options: BeginOptions,
): Promise<string | null> {
  const now = nowMs(dialect);
  await db.deleteFrom('idempotency_key').where('expires_at', '<=', now).execute();
  const taken = {
    fingerprint: options.fingerprint,
    token: randomUUID(),
    lease_until: sql<number>`${now} + ${options.leaseMs}`,
    status: null,
    location: null,
    body: null,
    created_at: now,
    expires_at: sql<number>`${now} + ${options.keepMs}`,
  };
  const row = await db
    .insertInto('idempotency_key')
    .values({ tenant_id: key.tenantId, key: key.key, route: key.route, ...taken })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'key', 'route'])
        .doUpdateSet(taken)
        .where('idempotency_key.status', 'is', null)
        .where('idempotency_key.lease_until', '<=', now),
    )
    .returning('token')
    .executeTakeFirst();
  return row?.token ?? null;
}

async function readKey(
  { db }: SqlDatabase,
  { tenantId, key, route }: IdempotencyKey,
  fingerprint: string,
): Promise<IdempotencyOutcome | null> {
  const row = await db
    .selectFrom('idempotency_key')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('key', '=', key)
    .where('route', '=', route)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.fingerprint !== fingerprint) return { kind: 'mismatch' };
  if (row.status === null || row.body === null) return { kind: 'running' };
  return { kind: 'replay', response: { status: row.status, location: row.location, body: row.body } };
}
