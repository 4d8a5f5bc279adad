/** What the in-memory library holds, and what its ports share. */
import type { Collection } from '../../src/domain/collection.js';
import type { Document, DocumentError, IngestTimings, PageCounts } from '../../src/domain/document.js';
import { AppError } from '../../src/domain/errors.js';
import { newId } from '../../src/domain/ids.js';
import type { ParsedPage } from '../../src/domain/parsed-document.js';
import type { StoredPassage } from '../../src/domain/passage.js';
import type { AcceptedFile } from '../../src/domain/ports/document-store.js';
import type { IndexedChunk, IngestStepDone } from '../../src/domain/ports/ingest-store.js';
import type { JobStatus } from '../../src/domain/ports/job-queue.js';

export interface FakeVersion {
  version: number;
  blobKey: string;
  stepDone: IngestStepDone;
  /** What the file calls itself. */
  title: string | null;
  paged: boolean;
  language: string | null;
  pages: ParsedPage[];
  pageCounts: PageCounts;
  chunks: IndexedChunk[];
  timings: IngestTimings | null;
}

export interface FakeDocument {
  file: AcceptedFile;
  status: Document['status'];
  version: number;
  liveVersion: number | null;
  /** A person set the title. */
  titlePinned: boolean;
  error: DocumentError | null;
  versions: Map<number, FakeVersion>;
  createdAt: number;
  updatedAt: number;
  deleted: boolean;
}

export interface FakeJob {
  id: string;
  kind: string;
  documentId: string;
  payload: unknown;
  status: JobStatus;
  token: number;
  error: { code: string; detail: string } | null;
}

export interface FakeCollection {
  tenantId: string;
  row: Omit<Collection, 'documents' | 'passages'>;
}

/** The state behind the fake ports; tests may look into it. */
export interface FakeLibraryState {
  collections: FakeCollection[];
  documents: FakeDocument[];
  jobs: FakeJob[];
  /** Rising milliseconds, so that orders are certain. */
  now(): number;
}

export function sendFakeJob(state: FakeLibraryState, job: Pick<FakeJob, 'kind' | 'documentId' | 'payload'>): string {
  const id = newId('job');
  state.jobs.push({ ...job, id, status: 'queued', token: 0, error: null });
  return id;
}

export function emptyVersion(version: number, blobKey: string): FakeVersion {
  const pageCounts = { total: 0, text: 0, ocr: 0, empty: 0, failed: 0 };
  return {
    ...{ version, blobKey, stepDone: 'none', title: null, paged: false, language: null, timings: null },
    ...{ pages: [], chunks: [], pageCounts },
  };
}

/** The version that readers see. */
export function liveVersionOf(document: FakeDocument): FakeVersion | undefined {
  return document.liveVersion === null ? undefined : document.versions.get(document.liveVersion);
}

export function collectionName(state: FakeLibraryState, collectionId: string): string {
  return state.collections.find(({ row }) => row.id === collectionId)?.row.name ?? '';
}

export function toFakePassage(state: FakeLibraryState, document: FakeDocument, chunk: IndexedChunk): StoredPassage {
  const version = liveVersionOf(document);
  const page = version?.paged ? version.pages.find(({ number }) => number === chunk.page) : undefined;
  return {
    id: chunk.passageId,
    documentId: document.file.documentId,
    documentTitle: document.file.title,
    collection: collectionName(state, document.file.collectionId),
    version: version?.version ?? 0,
    page: version?.paged ? chunk.page : null,
    pageLabel: page?.label ?? null,
    heading: chunk.heading,
    text: chunk.text,
    start: chunk.start,
    end: chunk.end,
  };
}

/** A list page over items that are in order; the cursor is the key of the last one given. */
export function fakeListPage<Item>(
  items: Item[],
  options: { limit: number; cursor: string | null },
  keyOf: (item: Item) => string,
): { data: Item[]; nextCursor: string | null } {
  const from =
    options.cursor === null ? 0 : items.findIndex((item) => keyOf(item) === decode(options.cursor ?? '')) + 1;
  if (options.cursor !== null && from === 0)
    throw new AppError('invalid_request', 'The cursor is not one that this list gave.');
  const data = items.slice(from, from + options.limit);
  const last = data.at(-1);
  const more = from + data.length < items.length && last !== undefined;
  return { data, nextCursor: more ? Buffer.from(keyOf(last)).toString('base64url') : null };
}

function decode(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString();
}
