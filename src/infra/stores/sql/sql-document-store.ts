/**
 * The library's documents as rows. Accepting and tombstoning are one short transaction each, job row included, so that
 * an acknowledged upload or delete always has its job, whatever dies afterwards. Ingestion writes through
 * sql-ingest-store.ts, physical removal through sql-removal-store.ts.
 */
import { sql, type Transaction } from 'kysely';
import type { Document } from '../../../domain/document.js';
import { AppError } from '../../../domain/errors.js';
import { INGEST_DOCUMENT, type IngestDocumentPayload } from '../../../domain/jobs/ingest-document.js';
import { REMOVE_DOCUMENT, type RemoveDocumentPayload } from '../../../domain/jobs/remove-document.js';
import type { AcceptedFile, DocumentStore, DocumentWriter } from '../../../domain/ports/document-store.js';
import { addToCollectionCounters, versionCounters } from './collection-counters.js';
import { selectDocuments, toDocument } from './document-rows.js';
import { insertJob } from './job-rows.js';
import type { SqlDatabase } from './open-database.js';
import type { FootnoteDatabase } from './schema.js';
import { createSqlDocumentReader } from './sql-document-reader.js';
import { nowMs, type SqlDialect, storableJson, storableText } from './sql-functions.js';
import { isForeignKeyViolation } from './storage-error.js';

/** A duplicate that is deleted between two statements makes a second try succeed; more than a few means something else. */
const ACCEPT_TRIES = 5;

/** A removal is never given up: a tombstone that stays would keep the text of a deleted document. */
const REMOVAL_ATTEMPTS = 1_000_000_000;

interface WriteContext {
  transaction: Transaction<FootnoteDatabase>;
  dialect: SqlDialect;
  /** Attempts a job gets before it is given up. */
  maxAttempts: number;
}

function noSuchCollection(cause?: unknown): AppError {
  return new AppError('not_found', 'There is no such collection.', { cause });
}

async function readNow({ transaction, dialect }: WriteContext): Promise<number> {
  const { rows } = await sql<{ now: number }>`select ${nowMs(dialect)} as now`.execute(transaction);
  return rows[0]?.now ?? Date.now();
}

function sendIngestJob(context: WriteContext, payload: IngestDocumentPayload): Promise<string> {
  return insertJob(context.transaction, context.dialect, {
    kind: INGEST_DOCUMENT,
    payload,
    documentId: payload.documentId,
    maxAttempts: context.maxAttempts,
  });
}

/** False when a unique index knows the content (or the external id) already; waits for a transaction that is at it. */
async function insertDocument({ transaction }: WriteContext, file: AcceptedFile, now: number): Promise<boolean> {
  const inserted = await transaction
    .insertInto('document')
    .values({
      id: file.documentId,
      tenant_id: file.tenantId,
      collection_id: file.collectionId,
      external_id: file.externalId === null ? null : storableText(file.externalId),
      title: storableText(file.title),
      filename: storableText(file.filename),
      media_type: file.mediaType,
      bytes: file.bytes,
      sha256: file.sha256,
      status: 'queued',
      version: 1,
      live_version: null,
      metadata: storableJson(file.metadata),
      acl: file.acl === null ? null : storableJson(file.acl),
      error_code: null,
      error_detail: null,
      created_at: now,
      updated_at: now,
      deleted_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

async function insertFirstVersion({ transaction }: WriteContext, file: AcceptedFile, now: number): Promise<void> {
  await transaction
    .insertInto('document_version')
    .values({
      document_id: file.documentId,
      version: 1,
      sha256: file.sha256,
      blob_key: file.blobKey,
      filename: storableText(file.filename),
      media_type: file.mediaType,
      bytes: file.bytes,
      step_done: 'none',
      paged: 0,
      language: null,
      pages_total: 0,
      pages_text: 0,
      pages_ocr: 0,
      pages_empty: 0,
      pages_failed: 0,
      passages: 0,
      lexical_length: 0,
      timings: null,
      created_at: now,
      published_at: null,
    })
    .execute();
}

/** Queues a failed document again, from the first step; of several callers at once one does it. */
async function requeueFailed(context: WriteContext, documentId: string, now: number): Promise<void> {
  const { transaction } = context;
  const row = await transaction
    .updateTable('document')
    .set({ status: 'queued', error_code: null, error_detail: null, updated_at: now })
    .where('id', '=', documentId)
    .where('status', '=', 'failed')
    .where('deleted_at', 'is', null)
    .returning('version')
    .executeTakeFirst();
  if (row === undefined) return;
  await transaction
    .updateTable('document_version')
    .set({ step_done: 'none' })
    .where('document_id', '=', documentId)
    .where('version', '=', row.version)
    .execute();
  await sendIngestJob(context, { documentId, version: row.version });
}

/** The document with the same bytes; null when there is none (any more). */
async function findDuplicate({ transaction }: WriteContext, file: AcceptedFile): Promise<string | null> {
  const row = await transaction
    .selectFrom('document')
    .select('id')
    .where('tenant_id', '=', file.tenantId)
    .where('collection_id', '=', file.collectionId)
    .where('sha256', '=', file.sha256)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row?.id ?? null;
}

async function externalIdIsTaken({ transaction }: WriteContext, file: AcceptedFile): Promise<boolean> {
  const row = await transaction
    .selectFrom('document')
    .select('id')
    .where('tenant_id', '=', file.tenantId)
    .where('collection_id', '=', file.collectionId)
    .where('external_id', '=', file.externalId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** One try; null when the duplicate that refused the row was gone when it was looked for. */
async function tryAccept(
  context: WriteContext,
  file: AcceptedFile,
): Promise<{ document: Document; created: boolean } | null> {
  const { transaction } = context;
  const collection = await transaction
    .selectFrom('collection')
    .select('id')
    .where('id', '=', file.collectionId)
    .where('tenant_id', '=', file.tenantId)
    .executeTakeFirst();
  if (collection === undefined) throw noSuchCollection();

  const now = await readNow(context);
  const created = await insertDocument(context, file, now);
  if (created) {
    await insertFirstVersion(context, file, now);
    await sendIngestJob(context, { documentId: file.documentId, version: 1 });
  }
  const documentId = created ? file.documentId : await findDuplicate(context, file);
  if (documentId === null) {
    if (!(await externalIdIsTaken(context, file))) return null;
    throw new AppError('conflict', 'Another document of this collection has this externalId.');
  }
  if (!created) await requeueFailed(context, documentId, now);
  const row = await selectDocuments(transaction, file.tenantId)
    .where('document.id', '=', documentId)
    .executeTakeFirst();
  return row === undefined ? null : { document: toDocument(row), created };
}

/** Jobs first, then document, then collection: the order in which every transaction takes its locks. */
async function tombstone(context: WriteContext, tenantId: string, documentId: string): Promise<string | null> {
  const { transaction } = context;
  const now = await readNow(context);
  await transaction
    .updateTable('job')
    .set({ status: 'cancelled', lease_until: null, updated_at: now })
    .where('document_id', '=', documentId)
    .where('kind', '=', INGEST_DOCUMENT)
    .where('status', 'in', ['queued', 'running'])
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('document')
          .select('document.id')
          .where('document.id', '=', documentId)
          .where('document.tenant_id', '=', tenantId),
      ),
    )
    .execute();
  const document = await transaction
    .updateTable('document')
    .set({ deleted_at: now, updated_at: now })
    .where('id', '=', documentId)
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .returning(['collection_id', 'live_version'])
    .executeTakeFirst();
  if (document === undefined) return null;
  const { passages, length } = await versionCounters(transaction, documentId, document.live_version);
  await addToCollectionCounters(transaction, document.collection_id, { passages: -passages, length: -length });
  return insertJob(transaction, context.dialect, {
    kind: REMOVE_DOCUMENT,
    payload: { documentId } satisfies RemoveDocumentPayload,
    documentId,
    maxAttempts: REMOVAL_ATTEMPTS,
  });
}

function createSqlDocumentWriter(
  { db, dialect }: SqlDatabase,
  { maxAttempts }: { maxAttempts: number },
): DocumentWriter {
  const write = <T>(action: (context: WriteContext) => Promise<T>): Promise<T> =>
    db.transaction().execute((transaction) => action({ transaction, dialect, maxAttempts }));
  return {
    async accept(file) {
      for (let attempt = 1; attempt <= ACCEPT_TRIES; attempt += 1) {
        const accepted = await write((context) => tryAccept(context, file)).catch((error: unknown) => {
          throw isForeignKeyViolation(error) ? noSuchCollection(error) : error;
        });
        if (accepted !== null) return accepted;
      }
      throw new AppError('conflict', 'The same content is being uploaded and deleted at the same time.');
    },

    async tombstone(tenantId, documentId) {
      const jobId = await write((context) => tombstone(context, tenantId, documentId));
      return jobId === null ? null : { jobId };
    },
  };
}

/**
 * The document store. `maxAttempts`: how often a job of a document is tried before it is given up.
 * @throws AppError from every call: `storage_unavailable`, `storage_full`; `accept` also `not_found` (collection),
 *         `conflict` (external id taken); lists `invalid_request` for a foreign cursor
 */
export function createSqlDocumentStore(database: SqlDatabase, options: { maxAttempts: number }): DocumentStore {
  return { ...createSqlDocumentReader(database), ...createSqlDocumentWriter(database, options) };
}
