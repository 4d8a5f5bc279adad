/** The ingest side of the document rows. Writes carry the job's lease; a lease that was lost writes nothing. */
import type { DocumentError, IngestTimings, PageCounts } from '../document.js';
import type { ParsedPage } from '../parsed-document.js';
import type { Chunk } from '../passage.js';
import type { JobLease } from './job-queue.js';

/** Steps that a version has behind it; a restart goes on after the last one. */
export type IngestStepDone = 'none' | 'parsed' | 'chunked' | 'embedded' | 'published';

/** The version being ingested. */
export interface IngestTarget {
  tenantId: string;
  collectionId: string;
  documentId: string;
  version: number;
  filename: string;
  title: string;
  mediaType: string;
  bytes: number;
  blobKey: string;
  stepDone: IngestStepDone;
  liveVersion: number | null;
}

/** A stored chunk with its passage id. */
export interface IndexedChunk extends Chunk {
  passageId: string;
}

export interface IngestStore {
  /** Null when the document is deleted or the version is not its newest: nothing to do. */
  findTarget(documentId: string, version: number): Promise<IngestTarget | null>;
  /** True while the version is the live or the newest one of a document that is not deleted: its traces must stay. */
  isKept(documentId: string, version: number): Promise<boolean>;
  /** Marks the document `processing` (unless this version is live already). */
  begin(lease: JobLease, target: IngestTarget): Promise<void>;
  /**
   * Replaces the version's pages and records step `parsed`. `title` is what the file calls itself (null: nothing): the
   * document takes it over, unless its title was set by a person; at once when nothing is live yet, otherwise at `publish`.
   */
  savePages(
    lease: JobLease,
    target: IngestTarget,
    parsed: { pages: ParsedPage[]; paged: boolean; title: string | null; language: string | null },
  ): Promise<void>;
  /** The version's pages, in order, with their blocks. */
  readPages(documentId: string, version: number): Promise<{ paged: boolean; pages: ParsedPage[] }>;
  /** Replaces the version's passages and records step `chunked`. */
  saveChunks(lease: JobLease, target: IngestTarget, chunks: Chunk[]): Promise<void>;
  /** Passages `fromOrdinal`.. in order, at most `limit`. */
  readChunks(
    documentId: string,
    version: number,
    options: { fromOrdinal: number; limit: number },
  ): Promise<IndexedChunk[]>;
  countChunks(documentId: string, version: number): Promise<number>;
  /** Records a step that keeps nothing else in SQL. */
  markStep(lease: JobLease, target: IngestTarget, step: IngestStepDone): Promise<void>;
  /**
   * The one commit point: live_version := version, status `ready`, the version's title, counters of the collection, in one
   * transaction.
   * `indexedLength` is the sum of the lengths given to the lexical index.
   */
  publish(
    lease: JobLease,
    target: IngestTarget,
    result: { timings: IngestTimings; indexedLength: number },
  ): Promise<void>;
  /** Status `failed` with a reason; an older live version stays live. */
  fail(lease: JobLease, target: IngestTarget, error: DocumentError, pages: PageCounts | null): Promise<void>;
  /**
   * Documents still `queued` or `processing` whose newest ingest job is dead become `failed` with that job's error: what a
   * worker that died between its last two writes left behind. Returns them.
   */
  failAbandoned(): Promise<{ documentId: string; version: number; code: string }[]>;
  /** Versions of a document other than its live and its newest one, whose passages may go. */
  supersededVersions(documentId: string): Promise<number[]>;
  /** Removes passages, pages and version row of one version. Returns the blob key it named. */
  removeVersion(documentId: string, version: number): Promise<{ blobKey: string | null }>;
}

/** What the removal of a tombstoned document needs. */
export interface RemovalStore {
  /** Null when the document does not exist or is not tombstoned. */
  findTombstone(documentId: string): Promise<{ tenantId: string; collectionId: string; blobKeys: string[] } | null>;
  /** Deletes all rows of the document. Returns the counts for the receipt. */
  purge(documentId: string): Promise<{ rows: number; passages: number }>;
}

/** For the doctor: the truth that the indexes are compared with. */
export interface LibraryInspector {
  /** All collections of all tenants. */
  listCollections(): Promise<{ id: string; tenantId: string; name: string; passages: number }[]>;
  /** Every document version that should be searchable. */
  listLiveVersions(
    collectionId: string,
  ): Promise<{ documentId: string; version: number; blobKey: string; passages: number }[]>;
  /** Passage ids of one version. */
  listPassageIds(documentId: string, version: number): Promise<string[]>;
  /** Passage ids of versions that are being ingested: not live yet, but no orphans. */
  listPassageIdsInProgress(collectionId: string): Promise<string[]>;
  /** Title and place of a live version, for rebuilding its index entries; null when it is gone. */
  findLiveVersion(
    documentId: string,
  ): Promise<{ collectionId: string; documentId: string; version: number; title: string } | null>;
  /** Every blob key that a row names. */
  listBlobKeys(): Promise<string[]>;
  /** Passages whose text is not the stored page text at their offsets. */
  countInexactPassages(): Promise<number>;
}
