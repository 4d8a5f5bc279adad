/** The library's rows, seen from the API: accept, read, tombstone. The ingest side is in ingest-store.ts. */
import type { Document, DocumentStatus, IngestProgress, Metadata, StoredPage } from '../document.js';
import type { StoredPassage } from '../passage.js';

/** A file that has been stored as a blob: what a version is made of. */
export interface VersionFile {
  filename: string;
  mediaType: string;
  bytes: number;
  sha256: string;
  blobKey: string;
}

/** What is said about a document beside its file. What is left out stays as it is; what is given replaces the whole value. */
export interface DocumentChange {
  title?: string | undefined;
  metadata?: Metadata | undefined;
  acl?: string[] | null | undefined;
}

/** A stored file that is to become a document. */
export interface AcceptedFile extends VersionFile {
  documentId: string;
  tenantId: string;
  collectionId: string;
  title: string;
  externalId: string | null;
  metadata: Metadata;
  acl: string[] | null;
  /** What of title, metadata and acl the sender named: taken over by a document that has the external id already. */
  given?: DocumentChange;
}

/** The state in which a caller saw a document; a write that names it happens only while the document is in it. */
export interface SeenState {
  version: number;
  updatedAt: string;
}

/** Which document to change, and what the caller has seen of it. */
export interface ChangeTarget {
  tenantId: string;
  documentId: string;
  expected?: SeenState | undefined;
}

export interface ListDocuments {
  collectionId: string;
  status?: DocumentStatus | undefined;
  /** Part of title or filename, any case. */
  titleContains?: string | undefined;
  /** Metadata values that must be equal, compared as text. */
  metadata?: Record<string, string> | undefined;
  limit: number;
  cursor: string | null;
}

export interface DocumentReader {
  find(tenantId: string, documentId: string): Promise<Document | null>;
  list(tenantId: string, options: ListDocuments): Promise<{ data: Document[]; nextCursor: string | null }>;
  /** Blob of the newest version. */
  findBlob(
    tenantId: string,
    documentId: string,
  ): Promise<{ blobKey: string; mediaType: string; filename: string; bytes: number } | null>;
  /** How far the ingestion is; null when the document is unknown. */
  progress(tenantId: string, documentId: string): Promise<IngestProgress | null>;
  /** A page of the live version. */
  findPage(tenantId: string, documentId: string, number: number): Promise<StoredPage | null>;
  /** Passages of the live version, in order; `page` narrows to one page. */
  listPassages(
    tenantId: string,
    documentId: string,
    options: { page?: number; limit: number; cursor: string | null },
  ): Promise<{ data: StoredPassage[]; nextCursor: string | null }>;
}

export interface DocumentWriter {
  /**
   * Document row, version row and ingest job in one transaction. A document with the same external id gets the file as its
   * next version, as `addVersion` does. When the collection already holds the same bytes the existing document is given with
   * `created: false` (a failed one is queued again), and `blobKey` is not referenced.
   * @throws AppError `not_found` (collection), `conflict` as `addVersion`
   */
  accept(file: AcceptedFile): Promise<{ document: Document; created: boolean }>;
  /**
   * Next version: its row, its ingest job and the raised `version` in one transaction; the ingestion of an older version is
   * cancelled. The live version goes on answering until the new one is published, also when that fails. The same bytes as
   * the newest version make none: `created: false` (a failed one is queued again), and `blobKey` is not referenced. `change`
   * is taken over at once either way. Null when there is no such document.
   * @throws AppError `conflict` when another document of the collection has these bytes; `precondition_failed`
   */
  addVersion(
    target: ChangeTarget,
    version: { file: VersionFile; change: DocumentChange },
  ): Promise<{ document: Document; created: boolean } | null>;
  /**
   * Changes what is said about a document; every reader sees it at once, citations and search results too. A title that was
   * set here or with `addVersion` is kept when a file brings a title of its own. The index text of the passages keeps the
   * old title until the document is ingested again, so words of a new title alone may not find them yet.
   * Null when there is no such document. @throws AppError `precondition_failed`
   */
  update(target: ChangeTarget, change: DocumentChange): Promise<Document | null>;
  /**
   * Queues the newest version of a failed document again, from the first step. Null when there is no such document.
   * @throws AppError `conflict` when it has not failed
   */
  retry(tenantId: string, documentId: string): Promise<Document | null>;
  /**
   * Tombstone: at once invisible to every reader; an ingest job is cancelled and a removal job queued, in one transaction.
   * Null when there is no such document.
   */
  tombstone(tenantId: string, documentId: string): Promise<{ jobId: string } | null>;
}

export type DocumentStore = DocumentReader & DocumentWriter;

/** Retrieval's view: turns ids from an index, which is not trusted, into what SQL says is true now. */
export interface PassageReader {
  /**
   * The passages among `passageIds` that belong to the tenant, to one of the collections and to the live version of a
   * document that is not deleted. Others are left out. Any order.
   */
  findLive(options: { tenantId: string; collectionIds: string[]; passageIds: string[] }): Promise<StoredPassage[]>;
  /** Stored text of the page a passage lies on (same guards), for checking a quote. */
  pageText(options: {
    tenantId: string;
    documentId: string;
    version: number;
    page: number | null;
  }): Promise<string | null>;
}
