import type { ParsedPage } from '../../../domain/parsed-document.js';
import type { IndexedChunk, IngestStore, IngestTarget } from '../../../domain/ports/ingest-store.js';
import type { SqlDatabase } from './open-database.js';

type IngestReader = Pick<
  IngestStore,
  'findTarget' | 'isKept' | 'readPages' | 'readChunks' | 'countChunks' | 'supersededVersions'
>;

async function findTarget({ db }: SqlDatabase, documentId: string, version: number): Promise<IngestTarget | null> {
  const row = await db
    .selectFrom('document')
    .innerJoin('document_version as v', (join) =>
      join.onRef('v.document_id', '=', 'document.id').onRef('v.version', '=', 'document.version'),
    )
    .where('document.id', '=', documentId)
    .where('document.version', '=', version)
    .where('document.deleted_at', 'is', null)
    .select(['document.tenant_id', 'document.collection_id', 'document.title', 'document.live_version'])
    .select(['v.filename', 'v.media_type', 'v.bytes', 'v.blob_key', 'v.step_done'])
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    tenantId: row.tenant_id,
    collectionId: row.collection_id,
    documentId,
    version,
    filename: row.filename,
    title: row.title,
    mediaType: row.media_type,
    bytes: row.bytes,
    blobKey: row.blob_key,
    stepDone: row.step_done,
    liveVersion: row.live_version,
  };
}

async function isKept({ db }: SqlDatabase, documentId: string, version: number): Promise<boolean> {
  const row = await db
    .selectFrom('document')
    .select('id')
    .where('id', '=', documentId)
    .where('deleted_at', 'is', null)
    .where(({ eb, or }) => or([eb('version', '=', version), eb('live_version', '=', version)]))
    .executeTakeFirst();
  return row !== undefined;
}

async function readPages(
  { db }: SqlDatabase,
  documentId: string,
  version: number,
): Promise<{ paged: boolean; pages: ParsedPage[] }> {
  const query = db.selectFrom('page').where('document_id', '=', documentId).where('version', '=', version);
  const rows = await query
    .orderBy('number')
    .select(['number', 'label', 'status', 'reason', 'text', 'blocks'])
    .execute();
  const head = await db
    .selectFrom('document_version')
    .where('document_id', '=', documentId)
    .where('version', '=', version)
    .select('paged')
    .executeTakeFirst();
  const pages = rows.map((row): ParsedPage => ({ ...row, blocks: JSON.parse(row.blocks) as ParsedPage['blocks'] }));
  return { paged: head?.paged === 1, pages };
}

async function readChunks(
  { db }: SqlDatabase,
  key: { documentId: string; version: number },
  range: { fromOrdinal: number; limit: number },
): Promise<IndexedChunk[]> {
  const rows = await db
    .selectFrom('passage')
    .selectAll()
    .where('document_id', '=', key.documentId)
    .where('version', '=', key.version)
    .where('ordinal', '>=', range.fromOrdinal)
    .orderBy('ordinal')
    .limit(range.limit)
    .execute();
  return rows.map(
    (row): IndexedChunk => ({
      passageId: row.id,
      ordinal: row.ordinal,
      page: row.page_number,
      start: row.start_offset,
      end: row.end_offset,
      text: row.text,
      heading: JSON.parse(row.heading) as string[],
      context: row.context,
    }),
  );
}

async function countChunks({ db }: SqlDatabase, documentId: string, version: number): Promise<number> {
  const row = await db
    .selectFrom('passage')
    .where('document_id', '=', documentId)
    .where('version', '=', version)
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return row.n;
}

async function supersededVersions({ db }: SqlDatabase, documentId: string): Promise<number[]> {
  const rows = await db
    .selectFrom('document_version as v')
    .innerJoin('document', 'document.id', 'v.document_id')
    .where('v.document_id', '=', documentId)
    .whereRef('v.version', '<>', 'document.version')
    .where(({ eb, or, ref }) =>
      or([eb('document.live_version', 'is', null), eb('v.version', '<>', ref('document.live_version'))]),
    )
    .orderBy('v.version')
    .select('v.version')
    .execute();
  return rows.map((row) => row.version);
}

/** The reading half of the ingest store; needs no lease. */
export function createSqlIngestReader(database: SqlDatabase): IngestReader {
  return {
    findTarget: (documentId, version) => findTarget(database, documentId, version),
    isKept: (documentId, version) => isKept(database, documentId, version),
    readPages: (documentId, version) => readPages(database, documentId, version),
    readChunks: (documentId, version, range) => readChunks(database, { documentId, version }, range),
    countChunks: (documentId, version) => countChunks(database, documentId, version),
    supersededVersions: (documentId) => supersededVersions(database, documentId),
  };
}
