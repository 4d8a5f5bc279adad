/**
 * The library's documents as rows. Accepting and tombstoning are one short transaction each, job row included, so that
 * an acknowledged upload or delete always has its job, whatever dies afterwards. Ingestion writes through
 * sql-ingest-store.ts, physical removal through sql-removal-store.ts.
 */
import { AppError } from '../../../domain/errors.js';
import { INGEST_DOCUMENT } from '../../../domain/jobs/ingest-document.js';
import { REMOVE_DOCUMENT, type RemoveDocumentPayload } from '../../../domain/jobs/remove-document.js';
import type { AcceptedFile, DocumentStore, DocumentWriter } from '../../../domain/ports/document-store.js';
import { addToCollectionCounters, versionCounters } from './collection-counters.js';
import {
  addVersion,
  fileColumns,
  insertVersion,
  readDocument,
  readNow,
  requeueFailed,
  retryDocument,
  sendIngestJob,
  updateDocument,
  type WriteContext,
} from './document-versions.js';
import { insertJob } from './job-rows.js';
import type { SqlDatabase } from './open-database.js';
import { createSqlDocumentReader } from './sql-document-reader.js';
import { storableJson, storableText } from './sql-functions.js';
import { isForeignKeyViolation, isUniqueViolation } from './storage-error.js';

/** A duplicate that is deleted between two statements makes a second try succeed; more than a few means something else. */
const ACCEPT_TRIES = 5;

/** A removal is never given up: a tombstone that stays would keep the text of a deleted document. */
const REMOVAL_ATTEMPTS = 1_000_000_000;

function noSuchCollection(cause?: unknown): AppError {
  return new AppError('not_found', 'There is no such collection.', { cause });
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
      title_pinned: file.given?.title === undefined ? 0 : 1,
      ...fileColumns(file),
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

/** The document that has the file's external id; null when there is none. */
async function findByExternalId({ transaction }: WriteContext, file: AcceptedFile): Promise<string | null> {
  if (file.externalId === null) return null;
  const row = await transaction
    .selectFrom('document')
    .select('id')
    .where('tenant_id', '=', file.tenantId)
    .where('collection_id', '=', file.collectionId)
    .where('external_id', '=', storableText(file.externalId))
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** One try; null when the document that refused the row, or was to get a version, was gone when it was looked for. */
async function tryAccept(context: WriteContext, file: AcceptedFile): Promise<Accepted | null> {
  const { transaction } = context;
  const collection = await transaction
    .selectFrom('collection')
    .select('id')
    .where('id', '=', file.collectionId)
    .where('tenant_id', '=', file.tenantId)
    .executeTakeFirst();
  if (collection === undefined) throw noSuchCollection();

  const known = await findByExternalId(context, file);
  if (known !== null) {
    const { tenantId, given: change = {} } = file;
    return addVersion(context, { tenantId, documentId: known }, { file, change });
  }
  const now = await readNow(context);
  const created = await insertDocument(context, file, now);
  if (created) {
    await insertVersion(context, { documentId: file.documentId, version: 1, file }, now);
    await sendIngestJob(context, { documentId: file.documentId, version: 1 });
  }
  const documentId = created ? file.documentId : await findDuplicate(context, file);
  if (documentId === null) return null;
  if (!created) await requeueFailed(context, documentId, now);
  const document = await readDocument(context, { tenantId: file.tenantId, documentId });
  return document === null ? null : { document, created };
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

type Accepted = Awaited<ReturnType<DocumentWriter['accept']>>;

/** Repeats a try that met a change of somebody else in the middle. */
async function untilSettled(attempt: () => Promise<Accepted | null>): Promise<Accepted | null> {
  for (let tries = 1; tries <= ACCEPT_TRIES; tries += 1) {
    const accepted = await attempt().catch((error: unknown) => {
      throw toConflict(error);
    });
    if (accepted !== null) return accepted;
  }
  return null;
}

function toConflict(error: unknown): unknown {
  if (isForeignKeyViolation(error)) return noSuchCollection(error);
  if (!isUniqueViolation(error)) return error;
  return new AppError('conflict', 'Another document of this collection has the same content.', { cause: error });
}

function createSqlDocumentWriter(
  { db, dialect }: SqlDatabase,
  { maxAttempts }: { maxAttempts: number },
): DocumentWriter {
  const write = <T>(action: (context: WriteContext) => Promise<T>): Promise<T> =>
    db.transaction().execute((transaction) => action({ transaction, dialect, maxAttempts }));
  return {
    async accept(file) {
      const accepted = await untilSettled(() => write((context) => tryAccept(context, file)));
      if (accepted !== null) return accepted;
      throw new AppError('conflict', 'The same content is being uploaded and deleted at the same time.');
    },

    addVersion: (target, version) => untilSettled(() => write((context) => addVersion(context, target, version))),
    update: (target, change) => write((context) => updateDocument(context, target, change)),
    retry: (tenantId, documentId) => write((context) => retryDocument(context, { tenantId, documentId })),

    async tombstone(tenantId, documentId) {
      const jobId = await write((context) => tombstone(context, tenantId, documentId));
      return jobId === null ? null : { jobId };
    },
  };
}

/**
 * The document store. `maxAttempts`: how often a job of a document is tried before it is given up.
 * @throws AppError from every call: `storage_unavailable`, `storage_full`; writes also what the port says; lists `invalid_request` for a foreign cursor
 */
export function createSqlDocumentStore(database: SqlDatabase, options: { maxAttempts: number }): DocumentStore {
  return { ...createSqlDocumentReader(database), ...createSqlDocumentWriter(database, options) };
}
