/**
 * What happens to a document that is there: a next version, a changed title, another try. Called inside a transaction of the
 * document store. Every one locks jobs first, then the document, as all transactions here do.
 */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Document } from '../../../domain/document.js';
import { AppError } from '../../../domain/errors.js';
import { INGEST_DOCUMENT, type IngestDocumentPayload } from '../../../domain/jobs/ingest-document.js';
import type { ChangeTarget, DocumentChange, SeenState, VersionFile } from '../../../domain/ports/document-store.js';
import { selectDocuments, toDocument } from './document-rows.js';
import { insertJob } from './job-rows.js';
import type { DocumentTable, FootnoteDatabase } from './schema.js';
import { nowMs, type SqlDialect, storableJson, storableText } from './sql-functions.js';

/** A transaction of the document store. */
export interface WriteContext {
  transaction: Transaction<FootnoteDatabase>;
  dialect: SqlDialect;
  /** Attempts a job gets before it is given up. */
  maxAttempts: number;
}

/** The database's clock, milliseconds. */
export async function readNow({ transaction, dialect }: WriteContext): Promise<number> {
  const { rows } = await sql<{ now: number }>`select ${nowMs(dialect)} as now`.execute(transaction);
  return rows[0]?.now ?? Date.now();
}

/** The document as the outside sees it; null when it is unknown, deleted or another tenant's. */
export async function readDocument(
  { transaction }: WriteContext,
  { tenantId, documentId }: Pick<ChangeTarget, 'tenantId' | 'documentId'>,
): Promise<Document | null> {
  const row = await selectDocuments(transaction, tenantId).where('document.id', '=', documentId).executeTakeFirst();
  return row === undefined ? null : toDocument(row);
}

/** Queues the ingestion of a version. */
export async function sendIngestJob(context: WriteContext, payload: IngestDocumentPayload): Promise<void> {
  await insertJob(context.transaction, context.dialect, {
    kind: INGEST_DOCUMENT,
    payload,
    documentId: payload.documentId,
    maxAttempts: context.maxAttempts,
  });
}

/** The row of a version with nothing done yet. */
export async function insertVersion(
  { transaction }: WriteContext,
  { documentId, version, file }: { documentId: string; version: number; file: VersionFile },
  now: number,
): Promise<void> {
  await transaction
    .insertInto('document_version')
    .values({
      document_id: documentId,
      version,
      ...fileColumns(file),
      blob_key: file.blobKey,
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

/** Columns that a document and its newest version share. */
export function fileColumns(file: VersionFile): Pick<DocumentTable, 'filename' | 'media_type' | 'bytes' | 'sha256'> {
  return {
    filename: storableText(file.filename),
    media_type: file.mediaType,
    bytes: file.bytes,
    sha256: file.sha256,
  };
}

/** Next version; see the port. Throws the unique index's error when another document has the bytes. */
export async function addVersion(
  context: WriteContext,
  target: ChangeTarget,
  { file, change }: { file: VersionFile; change: DocumentChange },
): Promise<{ document: Document; created: boolean } | null> {
  const { documentId } = target;
  const now = await readNow(context);
  await cancelIngestOfOther(context, target, file.sha256);
  const next = await updateSeen(context, target)
    .set({
      ...fileColumns(file),
      ...changedColumns(change),
      version: sql<number>`version + 1`,
      status: 'queued',
      error_code: null,
      error_detail: null,
      updated_at: later(now),
    })
    .where('sha256', '<>', file.sha256)
    .returning('version')
    .executeTakeFirst();
  if (next !== undefined) {
    await insertVersion(context, { documentId, version: next.version, file }, now);
    await sendIngestJob(context, { documentId, version: next.version });
    const document = await readDocument(context, target);
    return document === null ? null : { document, created: true };
  }
  const changed = await updateDocument(context, target, change);
  if (changed === null) return null;
  // Different bytes by now: another version came in between the two statements, this one is tried again.
  if (changed.sha256 !== file.sha256) return null;
  const queued = await requeueFailed(context, documentId, now);
  const document = queued ? await readDocument(context, target) : changed;
  return document === null ? null : { document, created: false };
}

/** Changes what is said about a document; see the port. */
export async function updateDocument(
  context: WriteContext,
  target: ChangeTarget,
  change: DocumentChange,
): Promise<Document | null> {
  const columns = changedColumns(change);
  const changed =
    Object.keys(columns).length > 0 &&
    (await updateSeen(context, target)
      .set({ ...columns, updated_at: later(await readNow(context)) })
      .returning('id')
      .executeTakeFirst()) !== undefined;
  const document = await readDocument(context, target);
  if (document === null || changed || isAsSeen(document, target.expected)) return document;
  throw new AppError('precondition_failed', 'The document was changed since you read it.');
}

/** Queues a failed document again, from the first step; of several callers at once one does it. */
export async function requeueFailed(context: WriteContext, documentId: string, now: number): Promise<boolean> {
  const { transaction } = context;
  const row = await transaction
    .updateTable('document')
    .set({ status: 'queued', error_code: null, error_detail: null, updated_at: later(now) })
    .where('id', '=', documentId)
    .where('status', '=', 'failed')
    .where('deleted_at', 'is', null)
    .returning('version')
    .executeTakeFirst();
  if (row === undefined) return false;
  await transaction
    .updateTable('document_version')
    .set({ step_done: 'none' })
    .where('document_id', '=', documentId)
    .where('version', '=', row.version)
    .execute();
  await sendIngestJob(context, { documentId, version: row.version });
  return true;
}

/** Another try of a failed document; see the port. */
export async function retryDocument(
  context: WriteContext,
  target: Pick<ChangeTarget, 'tenantId' | 'documentId'>,
): Promise<Document | null> {
  if ((await readDocument(context, target)) === null) return null;
  const queued = await requeueFailed(context, target.documentId, await readNow(context));
  if (!queued) throw new AppError('conflict', 'Only a document that has failed can be tried again.');
  return readDocument(context, target);
}

/** An ingestion of other bytes is superseded: its worker loses the lease and can write nothing any more. */
async function cancelIngestOfOther({ transaction, dialect }: WriteContext, target: ChangeTarget, sha256: string) {
  await transaction
    .updateTable('job')
    .set({ status: 'cancelled', lease_until: null, updated_at: nowMs(dialect) })
    .where('document_id', '=', target.documentId)
    .where('kind', '=', INGEST_DOCUMENT)
    .where('status', 'in', ['queued', 'running'])
    .where(({ exists, selectFrom }) => {
      const document = selectFrom('document')
        .select('document.id')
        .where('document.id', '=', target.documentId)
        .where('document.tenant_id', '=', target.tenantId)
        .where('document.deleted_at', 'is', null)
        .where('document.sha256', '<>', sha256);
      const { expected } = target;
      if (expected === undefined) return exists(document);
      return exists(
        document
          .where('document.version', '=', expected.version)
          .where('document.updated_at', '=', Date.parse(expected.updatedAt)),
      );
    })
    .execute();
}

/** The update of a document, as long as it is in the state that the caller has seen. */
function updateSeen({ transaction }: WriteContext, { tenantId, documentId, expected }: ChangeTarget) {
  const update = transaction
    .updateTable('document')
    .where('id', '=', documentId)
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null);
  if (expected === undefined) return update;
  return update.where('version', '=', expected.version).where('updated_at', '=', Date.parse(expected.updatedAt));
}

function isAsSeen(document: Document, expected: SeenState | undefined): boolean {
  return (
    expected === undefined ||
    (document.version === expected.version && document.updatedAt === new Date(expected.updatedAt).toISOString())
  );
}

/** Now, but always later than the last change: two changes within one millisecond must not look like one. */
function later(now: number): RawBuilder<number> {
  return sql<number>`case when updated_at >= ${now} then updated_at + 1 else ${now} end`;
}

function changedColumns({ title, metadata, acl }: DocumentChange) {
  return {
    ...(title === undefined ? {} : { title: storableText(title), title_pinned: 1 }),
    ...(metadata === undefined ? {} : { metadata: storableJson(metadata) }),
    ...(acl === undefined ? {} : { acl: acl === null ? null : storableJson(acl) }),
  };
}
