import { passageId } from '../../src/domain/ids.js';
import type { SqlDatabase } from '../../src/infra/stores/sql/open-database.js';

/** A version of a document with the lexical lengths of its passages. */
export interface PassageVersion {
  collectionId: string;
  documentId: string;
  version: number;
  lengths: number[];
}

/** Puts collections, documents, versions and passages into SQL without the stores, for tests of an index. */
export interface PassageRows {
  /** Stores a version, not live yet. Returns its passage ids. */
  addVersion(version: PassageVersion): Promise<string[]>;
  /** The version readers see; null for none. Keeps the collection's counters. */
  setLive(documentId: string, version: number | null): Promise<void>;
  /** Marks the document deleted. */
  tombstone(documentId: string): Promise<void>;
}

const ROWS_AT_ONCE = 1000;

/** Rows for one database; remembers what it stored to keep the counters. */
export function createPassageRows({ db }: SqlDatabase): PassageRows {
  const versions = new Map<string, PassageVersion>();
  const live = new Map<string, PassageVersion>();

  async function updateCounters(collectionId: string): Promise<void> {
    const lengths = [...live.values()].filter((one) => one.collectionId === collectionId).flatMap((one) => one.lengths);
    await db
      .updateTable('collection')
      .set({ live_passages: lengths.length, live_length: lengths.reduce((sum, length) => sum + length, 0) })
      .where('id', '=', collectionId)
      .execute();
  }

  return {
    async addVersion(version) {
      const { collectionId, documentId, lengths } = version;
      versions.set(`${documentId} ${version.version}`, version);
      await db
        .insertInto('collection')
        .values(collectionRow(collectionId))
        .onConflict((c) => c.doNothing())
        .execute();
      await db
        .insertInto('document')
        .values(documentRow(collectionId, documentId))
        .onConflict((c) => c.doNothing())
        .execute();
      const rows = lengths.map((_, ordinal) => passageRow(version, ordinal));
      for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
        await db
          .insertInto('passage')
          .values(rows.slice(from, from + ROWS_AT_ONCE))
          .execute();
      }
      return rows.map(({ id }) => id);
    },

    async setLive(documentId, version) {
      await db.updateTable('document').set({ live_version: version }).where('id', '=', documentId).execute();
      const before = live.get(documentId);
      const after = versions.get(`${documentId} ${version}`);
      if (after === undefined) live.delete(documentId);
      else live.set(documentId, after);
      const changed = after ?? before;
      if (changed !== undefined) await updateCounters(changed.collectionId);
    },

    async tombstone(documentId) {
      await db.updateTable('document').set({ deleted_at: 1 }).where('id', '=', documentId).execute();
      const before = live.get(documentId);
      live.delete(documentId);
      if (before !== undefined) await updateCounters(before.collectionId);
    },
  };
}

function collectionRow(id: string) {
  return {
    id,
    tenant_id: 'default',
    name: id,
    description: '',
    settings: '{}',
    live_passages: 0,
    live_length: 0,
    created_at: 0,
    updated_at: 0,
  };
}

function documentRow(collectionId: string, id: string) {
  return {
    id,
    tenant_id: 'default',
    collection_id: collectionId,
    external_id: null,
    title: id,
    filename: `${id}.txt`,
    media_type: 'text/plain',
    bytes: 1,
    sha256: id,
    status: 'ready' as const,
    version: 1,
    live_version: null,
    metadata: '{}',
    acl: null,
    error_code: null,
    error_detail: null,
    created_at: 0,
    updated_at: 0,
    deleted_at: null,
  };
}

function passageRow({ collectionId, documentId, version }: PassageVersion, ordinal: number) {
  return {
    id: passageId(documentId, version, ordinal),
    tenant_id: 'default',
    collection_id: collectionId,
    document_id: documentId,
    version,
    ordinal,
    page_number: 1,
    heading: '[]',
    context: '',
    start_offset: 0,
    end_offset: 0,
    text: '',
  };
}
