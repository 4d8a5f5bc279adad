/** The library's rows, seen from the API: accept, read, tombstone. The ingest side is in ingest-store.ts. */
import type { Document, DocumentStatus, IngestProgress, Metadata, StoredPage } from '../document.js';
import type { StoredPassage } from '../passage.js';

/** A file that has been stored as a blob and is to become a document. */
export interface AcceptedFile {
  documentId: string;
  tenantId: string;
  collectionId: string;
  title: string;
  filename: string;
  mediaType: string;
  bytes: number;
  sha256: string;
  blobKey: string;
  externalId: string | null;
  metadata: Metadata;
  acl: string[] | null;
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
   * Document row, version row and ingest job in one transaction. When the collection already holds the same bytes the
   * existing document is given with `created: false` (a failed one is queued again), and `blobKey` is not referenced.
   */
  accept(file: AcceptedFile): Promise<{ document: Document; created: boolean }>;
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
