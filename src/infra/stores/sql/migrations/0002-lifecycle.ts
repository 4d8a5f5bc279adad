import { type Kysely, sql } from 'kysely';

/** Titles that a person set, titles of versions that are not live yet, and answers kept under idempotency keys. */
export async function addLifecycle(db: Kysely<unknown>): Promise<void> {
  const statements = [
    'alter table document add column title_pinned integer not null default 0',
    'alter table document_version add column title text',
    `create table idempotency_key (tenant_id text not null, key text not null, route text not null, fingerprint text not null,
      token text not null, lease_until bigint not null, status integer, location text, body text, created_at bigint not null,
      expires_at bigint not null, primary key (tenant_id, key, route))`,
    'create index idempotency_key_expiry on idempotency_key (expires_at)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
