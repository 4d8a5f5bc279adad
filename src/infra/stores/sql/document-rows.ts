/** The `document` rows as the outside sees them: one query for every place that gives a Document. */
import type { Kysely, Selectable } from 'kysely';
import type { Document, DocumentError, IngestTimings, Metadata } from '../../../domain/document.js';
import type { DocumentTable, DocumentVersionTable, FootnoteDatabase } from './schema.js';

type DocumentRow = Selectable<DocumentTable> &
  Pick<
    DocumentVersionTable,
    'pages_total' | 'pages_text' | 'pages_ocr' | 'pages_empty' | 'pages_failed' | 'language' | 'timings'
  > & { collection_name: string; live_passages: number | null };

/** Documents that are not deleted, of one tenant, with page counts of the newest and passages of the live version. */
export function selectDocuments(db: Kysely<FootnoteDatabase>, tenantId: string) {
  return db
    .selectFrom('document')
    .innerJoin('collection', 'collection.id', 'document.collection_id')
    .innerJoin('document_version as newest', (join) =>
      join.onRef('newest.document_id', '=', 'document.id').onRef('newest.version', '=', 'document.version'),
    )
    .leftJoin('document_version as live', (join) =>
      join.onRef('live.document_id', '=', 'document.id').onRef('live.version', '=', 'document.live_version'),
    )
    .where('document.tenant_id', '=', tenantId)
    .where('document.deleted_at', 'is', null)
    .selectAll('document')
    .select(['collection.name as collection_name', 'live.passages as live_passages'])
    .select([
      'newest.pages_total',
      'newest.pages_text',
      'newest.pages_ocr',
      'newest.pages_empty',
      'newest.pages_failed',
    ])
    .select(['newest.language', 'newest.timings']);
}

/** A row of {@link selectDocuments} as a Document; `collection` is the collection's name. */
export function toDocument(row: DocumentRow): Document {
  return {
    id: row.id,
    collection: row.collection_name,
    title: row.title,
    filename: row.filename,
    mediaType: row.media_type,
    bytes: row.bytes,
    sha256: row.sha256,
    status: row.status,
    version: row.version,
    externalId: row.external_id,
    metadata: JSON.parse(row.metadata) as Metadata,
    acl: row.acl === null ? null : (JSON.parse(row.acl) as string[]),
    pages: {
      total: row.pages_total,
      text: row.pages_text,
      ocr: row.pages_ocr,
      empty: row.pages_empty,
      failed: row.pages_failed,
    },
    passages: row.live_passages ?? 0,
    language: row.language,
    error:
      row.error_code === null
        ? null
        : { code: row.error_code as DocumentError['code'], detail: row.error_detail ?? '' },
    timings: row.timings === null ? null : (JSON.parse(row.timings) as IngestTimings),
    createdAt: new Date(row.created_at).toISOString(),
    updatedAt: new Date(row.updated_at).toISOString(),
  };
}
