import type { Document } from '../../src/domain/document.js';
import { AppError } from '../../src/domain/errors.js';
import { INGEST_DOCUMENT } from '../../src/domain/jobs/ingest-document.js';
import { REMOVE_DOCUMENT } from '../../src/domain/jobs/remove-document.js';
import type {
  AcceptedFile,
  DocumentStore,
  ListDocuments,
  PassageReader,
} from '../../src/domain/ports/document-store.js';
import {
  collectionName,
  emptyVersion,
  type FakeDocument,
  type FakeLibraryState,
  fakeListPage,
  liveVersionOf,
  sendFakeJob,
  toFakePassage,
} from './fake-library-state.js';

function toDocument(state: FakeLibraryState, document: FakeDocument): Document {
  const { file } = document;
  const newest = document.versions.get(document.version);
  return {
    id: file.documentId,
    collection: collectionName(state, file.collectionId),
    ...{
      title: file.title,
      filename: file.filename,
      mediaType: file.mediaType,
      bytes: file.bytes,
      sha256: file.sha256,
    },
    ...{ status: document.status, version: document.version, error: document.error },
    ...{ externalId: file.externalId, metadata: file.metadata, acl: file.acl },
    pages: newest?.pageCounts ?? { total: 0, text: 0, ocr: 0, empty: 0, failed: 0 },
    passages: liveVersionOf(document)?.chunks.length ?? 0,
    language: newest?.language ?? null,
    timings: newest?.timings ?? null,
    createdAt: new Date(document.createdAt).toISOString(),
    updatedAt: new Date(document.updatedAt).toISOString(),
  };
}

function matches({ file, status }: FakeDocument, options: ListDocuments): boolean {
  const part = options.titleContains?.toLowerCase() ?? '';
  const named = [file.title, file.filename].some((name) => name.toLowerCase().includes(part));
  const scalar = (key: string): string | undefined => {
    const value = file.metadata[key];
    return value === undefined || Array.isArray(value) ? undefined : String(value);
  };
  return (
    file.collectionId === options.collectionId &&
    (options.status === undefined || status === options.status) &&
    named &&
    Object.entries(options.metadata ?? {}).every(([key, value]) => scalar(key) === value)
  );
}

function accept(state: FakeLibraryState, file: AcceptedFile): { document: FakeDocument; created: boolean } {
  const inCollection = ({ row, tenantId }: FakeLibraryState['collections'][number]) =>
    row.id === file.collectionId && tenantId === file.tenantId;
  if (!state.collections.some(inCollection)) throw new AppError('not_found', 'There is no such collection.');
  const others = state.documents.filter((other) => !other.deleted && other.file.collectionId === file.collectionId);
  const same = others.find((other) => other.file.sha256 === file.sha256);
  if (same?.status === 'failed') {
    Object.assign(same, { status: 'queued', error: null });
    Object.assign(same.versions.get(same.version) ?? {}, { stepDone: 'none' });
    sendIngestJob(state, same);
  }
  if (same !== undefined) return { document: same, created: false };
  if (file.externalId !== null && others.some((other) => other.file.externalId === file.externalId)) {
    throw new AppError('conflict', 'Another document of this collection has this externalId.');
  }
  const at = state.now();
  const document: FakeDocument = {
    ...{ file: { ...file }, status: 'queued', version: 1, liveVersion: null, error: null, deleted: false },
    ...{ versions: new Map([[1, emptyVersion(1, file.blobKey)]]), createdAt: at, updatedAt: at },
  };
  state.documents.push(document);
  sendIngestJob(state, document);
  return { document, created: true };
}

function sendIngestJob(state: FakeLibraryState, { file, version }: FakeDocument): void {
  const { documentId } = file;
  sendFakeJob(state, { kind: INGEST_DOCUMENT, documentId, payload: { documentId, version } });
}

/** Documents of the in-memory library. */
export function createFakeDocuments(state: FakeLibraryState): DocumentStore {
  const find = (tenantId: string, documentId: string): FakeDocument | undefined =>
    state.documents.find(
      ({ file, deleted }) => file.documentId === documentId && file.tenantId === tenantId && !deleted,
    );
  return {
    async find(tenantId, documentId) {
      const document = find(tenantId, documentId);
      return document === undefined ? null : toDocument(state, document);
    },
    async list(tenantId, options) {
      const own = state.documents.filter(({ file, deleted }) => file.tenantId === tenantId && !deleted);
      const newestFirst = own.filter((document) => matches(document, options)).toReversed();
      const page = fakeListPage(newestFirst, options, ({ file }) => file.documentId);
      return { ...page, data: page.data.map((document) => toDocument(state, document)) };
    },
    async findBlob(tenantId, documentId) {
      const document = find(tenantId, documentId);
      const blobKey = document?.versions.get(document.version)?.blobKey;
      if (document === undefined || blobKey === undefined) return null;
      const { mediaType, filename, bytes } = document.file;
      return { blobKey, mediaType, filename, bytes };
    },
    async progress(tenantId, documentId) {
      return find(tenantId, documentId) === undefined ? null : { stage: 'queued', done: 0, total: 0 };
    },
    async findPage(tenantId, documentId, number) {
      const version = liveVersionOf(find(tenantId, documentId) ?? unknownDocument);
      const page = version?.pages.find((candidate) => candidate.number === number);
      if (page === undefined || version === undefined) return null;
      const { blocks: _, ...shown } = page;
      return { documentId, version: version.version, ...shown };
    },
    async listPassages(tenantId, documentId, options) {
      const document = find(tenantId, documentId);
      const chunks = document === undefined ? [] : (liveVersionOf(document)?.chunks ?? []);
      const wanted = chunks.filter(({ page }) => options.page === undefined || page === options.page);
      const page = fakeListPage(wanted, options, ({ ordinal }) => String(ordinal));
      const data = document === undefined ? [] : page.data.map((chunk) => toFakePassage(state, document, chunk));
      return { ...page, data };
    },
    async accept(file) {
      const { document, created } = accept(state, file);
      return { document: toDocument(state, document), created };
    },
    async tombstone(tenantId, documentId) {
      const document = find(tenantId, documentId);
      if (document === undefined) return null;
      document.deleted = true;
      for (const job of state.jobs) {
        const open = job.status === 'queued' || job.status === 'running';
        if (job.documentId === documentId && job.kind === INGEST_DOCUMENT && open) job.status = 'cancelled';
      }
      return { jobId: sendFakeJob(state, { kind: REMOVE_DOCUMENT, documentId, payload: { documentId } }) };
    },
  };
}

const unknownDocument = { liveVersion: null } as FakeDocument;

/** Retrieval's view of the in-memory library. */
export function createFakePassages(state: FakeLibraryState): PassageReader {
  const live = (tenantId: string) =>
    state.documents.filter(({ file, deleted }) => file.tenantId === tenantId && !deleted);
  return {
    async findLive({ tenantId, collectionIds, passageIds }) {
      const inScope = live(tenantId).filter(({ file }) => collectionIds.includes(file.collectionId));
      return inScope.flatMap((document) =>
        (liveVersionOf(document)?.chunks ?? [])
          .filter(({ passageId }) => passageIds.includes(passageId))
          .map((chunk) => toFakePassage(state, document, chunk)),
      );
    },
    async pageText({ tenantId, documentId, version, page }) {
      const document = live(tenantId).find(({ file }) => file.documentId === documentId);
      if (document === undefined || document.liveVersion !== version) return null;
      return liveVersionOf(document)?.pages.find(({ number }) => number === (page ?? 1))?.text ?? null;
    },
  };
}
