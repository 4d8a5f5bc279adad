import { type Kysely, sql } from 'kysely';

/** The first schema. Runs unchanged on SQLite and PostgreSQL but for the counting column's type. */
export async function createFirstTables(db: Kysely<unknown>, dialect: 'sqlite' | 'postgres'): Promise<void> {
  const counter =
    dialect === 'sqlite' ? 'integer primary key autoincrement' : 'bigint generated always as identity primary key';
  const clustered = dialect === 'sqlite' ? 'without rowid' : '';
  const covering = dialect === 'sqlite' ? '' : 'include (weight, length)';
  const statements = [
    `create table collection (id text primary key, tenant_id text not null, name text not null, description text not null,
      settings text not null, live_passages bigint not null default 0, live_length double precision not null default 0,
      created_at bigint not null, updated_at bigint not null)`,
    'create unique index collection_name on collection (tenant_id, name)',
    `create table document (id text primary key, tenant_id text not null, collection_id text not null references collection (id),
      external_id text, title text not null, filename text not null, media_type text not null, bytes bigint not null,
      sha256 text not null, status text not null, version integer not null, live_version integer, metadata text not null,
      acl text, error_code text, error_detail text, created_at bigint not null, updated_at bigint not null, deleted_at bigint)`,
    'create unique index document_content on document (tenant_id, collection_id, sha256) where deleted_at is null',
    'create unique index document_external on document (tenant_id, collection_id, external_id) where deleted_at is null and external_id is not null',
    'create index document_list on document (collection_id, created_at, id)',
    `create table document_version (document_id text not null references document (id), version integer not null, sha256 text not null,
      blob_key text not null, filename text not null, media_type text not null, bytes bigint not null, step_done text not null,
      paged integer not null default 0, language text, pages_total integer not null default 0, pages_text integer not null default 0,
      pages_ocr integer not null default 0, pages_empty integer not null default 0, pages_failed integer not null default 0,
      passages integer not null default 0, lexical_length double precision not null default 0, timings text,
      created_at bigint not null, published_at bigint, primary key (document_id, version))`,
    `create table page (document_id text not null, version integer not null, number integer not null, label text, status text not null,
      reason text, text text not null, blocks text not null, primary key (document_id, version, number))`,
    `create table passage (no ${counter}, id text not null unique, tenant_id text not null, collection_id text not null,
      document_id text not null, version integer not null, ordinal integer not null, page_number integer not null,
      heading text not null, context text not null, start_offset integer not null, end_offset integer not null, text text not null)`,
    'create unique index passage_order on passage (document_id, version, ordinal)',
    `create table lexical_term (no ${counter}, collection_id text not null, term text not null)`,
    'create unique index lexical_term_text on lexical_term (collection_id, term)',
    `create table lexical_posting (segment integer not null, term_no bigint not null, passage_no bigint not null,
      weight double precision not null, length double precision not null,
      primary key (segment, term_no, passage_no) ${covering}) ${clustered}`,
    'create index lexical_posting_passage on lexical_posting (passage_no)',
    `create table lexical_segment (collection_id text not null, segment integer not null,
      primary key (collection_id, segment)) ${clustered}`,
    `create table job (id text primary key, kind text not null, payload text not null, document_id text, status text not null,
      attempts integer not null, max_attempts integer not null, run_at bigint not null, lease_token bigint not null,
      lease_until bigint, worker_id text, stage text not null, progress_done integer not null, progress_total integer not null,
      result text, error_code text, error_detail text, created_at bigint not null, updated_at bigint not null)`,
    'create index job_due on job (status, run_at)',
    'create index job_document on job (document_id)',
    `create table answer (id text primary key, tenant_id text not null, status text not null, answer text not null,
      feedback text, created_at bigint not null, updated_at bigint not null)`,
    'create index answer_status on answer (status, updated_at)',
    `create table answer_event (answer_id text not null, id integer not null, event text not null, data text not null,
      primary key (answer_id, id))`,
    'create table setting (key text primary key, value text not null)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
