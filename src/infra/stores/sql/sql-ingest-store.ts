/**
 * What the ingest worker writes. Every write is one transaction that first proves that the job's lease is still held
 * (see {@link holdLease}), so a worker that was stopped and overtaken changes nothing when it wakes up.
 */
import { sql, type Transaction } from 'kysely';
import type { PageCounts } from '../../../domain/document.js';
import { passageId } from '../../../domain/ids.js';
import { INGEST_DOCUMENT } from '../../../domain/jobs/ingest-document.js';
import type { ParsedPage } from '../../../domain/parsed-document.js';
import type { Chunk } from '../../../domain/passage.js';
import type { IngestStore, IngestTarget } from '../../../domain/ports/ingest-store.js';
import { type JobLease, LeaseLostError } from '../../../domain/ports/job-queue.js';
import { addToCollectionCounters, versionCounters } from './collection-counters.js';
import { holdLease } from './job-rows.js';
import type { SqlDatabase } from './open-database.js';
import { deletePassages } from './passage-rows.js';
import type { DocumentVersionTable, FootnoteDatabase } from './schema.js';
import { jsonRows, nowMs, type SqlDialect, storableJson, storableText } from './sql-functions.js';
import { createSqlIngestReader } from './sql-ingest-reader.js';

interface WriteContext {
  transaction: Transaction<FootnoteDatabase>;
  dialect: SqlDialect;
}

/** Rows that go into one bulk insert: enough that round trips do not count, little enough to keep a statement short. */
const ROWS_PER_INSERT = 500;

function* slices<T>(items: T[]): Generator<T[]> {
  for (let from = 0; from < items.length; from += ROWS_PER_INSERT) yield items.slice(from, from + ROWS_PER_INSERT);
}

function countPages(pages: ParsedPage[]): PageCounts {
  const counts: PageCounts = { total: pages.length, text: 0, ocr: 0, empty: 0, failed: 0 };
  for (const page of pages) counts[page.status] += 1;
  return counts;
}

function pageColumns(counts: PageCounts): Partial<DocumentVersionTable> {
  return {
    pages_total: counts.total,
    pages_text: counts.text,
    pages_ocr: counts.ocr,
    pages_empty: counts.empty,
    pages_failed: counts.failed,
  };
}

async function updateVersion(
  { transaction }: WriteContext,
  target: IngestTarget,
  columns: Partial<DocumentVersionTable>,
): Promise<void> {
  await transaction
    .updateTable('document_version')
    .set(columns)
    .where('document_id', '=', target.documentId)
    .where('version', '=', target.version)
    .execute();
}

function updateDocument({ transaction }: WriteContext, target: Pick<IngestTarget, 'documentId' | 'version'>) {
  return transaction
    .updateTable('document')
    .where('id', '=', target.documentId)
    .where('version', '=', target.version)
    .where('deleted_at', 'is', null);
}

async function insertPages(
  { transaction, dialect }: WriteContext,
  target: IngestTarget,
  pages: ParsedPage[],
): Promise<void> {
  for (const slice of slices(pages)) {
    const rows = slice.map((page) => [
      page.number,
      page.label,
      page.status,
      page.reason,
      page.text,
      JSON.stringify(page.blocks),
    ]);
    await sql`insert into page (document_id, version, number, label, status, reason, text, blocks)
      select ${target.documentId}, cast(${target.version} as integer), cast(r.row->>0 as integer), r.row->>1, r.row->>2, r.row->>3,
        r.row->>4, r.row->>5
      from ${jsonRows(dialect, storableJson(rows))} as r`.execute(transaction);
  }
}

async function insertPassages(
  { transaction, dialect }: WriteContext,
  target: IngestTarget,
  chunks: Chunk[],
): Promise<void> {
  for (const slice of slices(chunks)) {
    const rows = slice.map((chunk) => [
      passageId(target.documentId, target.version, chunk.ordinal),
      chunk.ordinal,
      chunk.page,
      JSON.stringify(chunk.heading.map(storableText)),
      chunk.context,
      chunk.start,
      chunk.end,
      chunk.text,
    ]);
    await sql`insert into passage (id, tenant_id, collection_id, document_id, version, ordinal, page_number, heading, context,
        start_offset, end_offset, text)
      select r.row->>0, ${target.tenantId}, ${target.collectionId}, ${target.documentId}, cast(${target.version} as integer),
        cast(r.row->>1 as integer), cast(r.row->>2 as integer), r.row->>3, r.row->>4, cast(r.row->>5 as integer),
        cast(r.row->>6 as integer), r.row->>7
      from ${jsonRows(dialect, storableJson(rows))} as r where true order by cast(r.row->>1 as integer)`.execute(
      transaction,
    );
  }
}

async function publish(
  context: WriteContext,
  target: IngestTarget,
  result: Parameters<IngestStore['publish']>[2],
): Promise<void> {
  const { transaction, dialect } = context;
  // Touching the row locks it; RETURNING then gives the version that was live until now.
  const before = await updateDocument(context, target)
    .set({ updated_at: nowMs(dialect) })
    .returning('live_version')
    .executeTakeFirst();
  if (before === undefined) throw new LeaseLostError();
  const old = await versionCounters(transaction, target.documentId, before.live_version);
  await transaction
    .updateTable('document_version')
    .set({
      step_done: 'published',
      lexical_length: result.indexedLength,
      timings: JSON.stringify(result.timings),
      published_at: nowMs(dialect),
    })
    .where('document_id', '=', target.documentId)
    .where('version', '=', target.version)
    .execute();
  const fresh = await versionCounters(transaction, target.documentId, target.version);
  await updateDocument(context, target)
    .set({ live_version: target.version, status: 'ready', error_code: null, error_detail: null })
    .execute();
  await takeOverTitle(context, target);
  const change = { passages: fresh.passages - old.passages, length: fresh.length - old.length };
  await addToCollectionCounters(transaction, target.collectionId, change);
}

/** The title that the published file gave itself; a person's title stays. */
async function takeOverTitle(context: WriteContext, target: IngestTarget): Promise<void> {
  const version = await context.transaction
    .selectFrom('document_version')
    .select('title')
    .where('document_id', '=', target.documentId)
    .where('version', '=', target.version)
    .executeTakeFirst();
  if (typeof version?.title !== 'string') return;
  await updateDocument(context, target).set({ title: version.title }).where('title_pinned', '=', 0).execute();
}

/** The documents whose newest ingest job is dead although nobody wrote that they failed. */
function selectAbandoned({ transaction }: WriteContext) {
  return transaction
    .selectFrom('document')
    .innerJoin('job', 'job.document_id', 'document.id')
    .where('document.status', 'in', ['queued', 'processing'])
    .where('document.deleted_at', 'is', null)
    .where('job.kind', '=', INGEST_DOCUMENT)
    .where('job.status', '=', 'dead')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('job as later')
            .select('later.id')
            .whereRef('later.document_id', '=', 'document.id')
            .where('later.kind', '=', INGEST_DOCUMENT)
            .whereRef('later.created_at', '>', 'job.created_at'),
        ),
      ),
    )
    .select(['document.id', 'document.version', 'job.error_code', 'job.error_detail']);
}

async function failAbandoned(context: WriteContext): ReturnType<IngestStore['failAbandoned']> {
  const failed: Awaited<ReturnType<IngestStore['failAbandoned']>> = [];
  for (const row of await selectAbandoned(context).execute()) {
    const code = row.error_code ?? 'job_abandoned';
    const detail = row.error_detail ?? 'The job was given up.';
    const { numUpdatedRows } = await updateDocument(context, { documentId: row.id, version: row.version })
      .set({ status: 'failed', error_code: code, error_detail: detail, updated_at: nowMs(context.dialect) })
      .where('status', 'in', ['queued', 'processing'])
      .executeTakeFirst();
    if (numUpdatedRows === 1n) failed.push({ documentId: row.id, version: row.version, code });
  }
  return failed;
}

/** Leaves alone the version that readers see and the one that is being ingested. */
async function removeVersion(
  { transaction }: WriteContext,
  documentId: string,
  version: number,
): Promise<{ blobKey: string | null }> {
  const removed = await transaction
    .deleteFrom('document_version')
    .where('document_id', '=', documentId)
    .where('version', '=', version)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('document')
            .select('document.id')
            .where('document.id', '=', documentId)
            .where(({ eb, or }) =>
              or([eb('document.version', '=', version), eb('document.live_version', '=', version)]),
            ),
        ),
      ),
    )
    .returning('blob_key')
    .executeTakeFirst();
  if (removed === undefined) return { blobKey: null };
  await deletePassages(transaction, { documentId, version });
  await transaction.deleteFrom('page').where('document_id', '=', documentId).where('version', '=', version).execute();
  return { blobKey: removed.blob_key };
}

type Write = <T>(lease: JobLease, action: (context: WriteContext) => Promise<T>) => Promise<T>;

function createWrites(
  write: Write,
): Pick<IngestStore, 'begin' | 'savePages' | 'saveChunks' | 'markStep' | 'publish' | 'fail'> {
  return {
    begin: (lease, target) =>
      write(lease, async (context) => {
        await updateDocument(context, target)
          .set({ status: 'processing', error_code: null, error_detail: null, updated_at: nowMs(context.dialect) })
          .where(({ eb, or }) => or([eb('live_version', 'is', null), eb('status', '<>', 'ready')]))
          .execute();
      }),

    savePages: (lease, target, parsed) =>
      write(lease, async (context) => {
        const { transaction, dialect } = context;
        await transaction
          .deleteFrom('page')
          .where('document_id', '=', target.documentId)
          .where('version', '=', target.version)
          .execute();
        await insertPages(context, target, parsed.pages);
        const { paged, language, title } = parsed;
        await updateVersion(context, target, {
          step_done: 'parsed',
          paged: paged ? 1 : 0,
          language,
          title: title === null ? null : storableText(title),
          ...pageColumns(countPages(parsed.pages)),
        });
        if (title !== null) {
          await updateDocument(context, target)
            .set({ title: storableText(title), updated_at: nowMs(dialect) })
            .where('live_version', 'is', null)
            .where('title_pinned', '=', 0)
            .execute();
        }
      }),

    saveChunks: (lease, target, chunks) =>
      write(lease, async (context) => {
        const { documentId, version } = target;
        await deletePassages(context.transaction, { documentId, version });
        await insertPassages(context, target, chunks);
        await updateVersion(context, target, { step_done: 'chunked', passages: chunks.length });
      }),

    markStep: (lease, target, step) => write(lease, (context) => updateVersion(context, target, { step_done: step })),

    publish: (lease, target, result) => write(lease, (context) => publish(context, target, result)),

    fail: (lease, target, error, pages) =>
      write(lease, async (context) => {
        const failure = { error_code: error.code, error_detail: storableText(error.detail) };
        await updateDocument(context, target)
          .set({ status: 'failed', ...failure, updated_at: nowMs(context.dialect) })
          .execute();
        if (pages !== null) await updateVersion(context, target, pageColumns(pages));
      }),
  };
}

/** @throws from every write: LeaseLostError, AppError `storage_unavailable`, `storage_full` */
export function createSqlIngestStore(database: SqlDatabase): IngestStore {
  const { db, dialect } = database;
  const write: Write = (lease, action) =>
    db.transaction().execute(async (transaction) => {
      await holdLease(transaction, dialect, lease);
      return action({ transaction, dialect });
    });
  return {
    ...createSqlIngestReader(database),
    ...createWrites(write),
    failAbandoned: () => db.transaction().execute((transaction) => failAbandoned({ transaction, dialect })),
    removeVersion: (documentId, version) =>
      db.transaction().execute((transaction) => removeVersion({ transaction, dialect }, documentId, version)),
  };
}
