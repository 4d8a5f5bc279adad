import type { Document } from '../../src/domain/document.js';
import { AppError } from '../../src/domain/errors.js';
import { INGEST_DOCUMENT } from '../../src/domain/jobs/ingest-document.js';
import { REMOVE_DOCUMENT } from '../../src/domain/jobs/remove-document.js';
import type {
  AcceptedFile,
  ChangeTarget,
  DocumentChange,
  DocumentStore,
  DocumentWriter,
  ListDocuments,
  PassageReader,
  VersionFile,
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

type Changed = { document: FakeDocument; created: boolean };

function accept(state: FakeLibraryState, file: AcceptedFile): Changed {
  const inCollection = ({ row, tenantId }: FakeLibraryState['collections'][number]) =>
    row.id === file.collectionId && tenantId === file.tenantId;
  if (!state.collections.some(inCollection)) throw new AppError('not_found', 'There is no such collection.');
  const others = othersIn(state, file.collectionId);
  const known = others.find((other) => file.externalId !== null && other.file.externalId === file.externalId);
  if (known !== undefined) return addVersion(state, known, { file, change: file.given ?? {} });
  const same = others.find((other) => other.file.sha256 === file.sha256);
  if (same !== undefined) {
    requeueFailed(state, same);
    return { document: same, created: false };
  }
  const at = state.now();
  const document: FakeDocument = {
    ...{ file: { ...file }, status: 'queued', version: 1, liveVersion: null, error: null, deleted: false },
    ...{ versions: new Map([[1, emptyVersion(1, file.blobKey)]]), createdAt: at, updatedAt: at },
    titlePinned: file.given?.title !== undefined,
  };
  state.documents.push(document);
  sendIngestJob(state, document);
  return { document, created: true };
}

function othersIn(state: FakeLibraryState, collectionId: string): FakeDocument[] {
  return state.documents.filter((other) => !other.deleted && other.file.collectionId === collectionId);
}

function addVersion(
  state: FakeLibraryState,
  document: FakeDocument,
  { file, change }: { file: VersionFile; change: DocumentChange },
): Changed {
  const { documentId, collectionId, sha256 } = document.file;
  if (sha256 === file.sha256) {
    applyChange(state, document, change);
    requeueFailed(state, document);
    return { document, created: false };
  }
  if (othersIn(state, collectionId).some((other) => other.file.sha256 === file.sha256)) {
    throw new AppError('conflict', 'Another document of this collection has the same content.');
  }
  applyChange(state, document, change);
  const { filename, mediaType, bytes, blobKey } = file;
  Object.assign(document.file, { filename, mediaType, bytes, blobKey, sha256: file.sha256 });
  document.version += 1;
  document.versions.set(document.version, emptyVersion(document.version, blobKey));
  Object.assign(document, { status: 'queued', error: null, updatedAt: state.now() });
  cancelIngest(state, documentId);
  sendIngestJob(state, document);
  return { document, created: true };
}

function applyChange(state: FakeLibraryState, document: FakeDocument, change: DocumentChange): void {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  Object.assign(document.file, Object.fromEntries(given));
  document.titlePinned ||= change.title !== undefined;
  document.updatedAt = state.now();
}

function requeueFailed(state: FakeLibraryState, document: FakeDocument): boolean {
  if (document.status !== 'failed') return false;
  Object.assign(document, { status: 'queued', error: null, updatedAt: state.now() });
  Object.assign(document.versions.get(document.version) ?? {}, { stepDone: 'none' });
  sendIngestJob(state, document);
  return true;
}

function cancelIngest(state: FakeLibraryState, documentId: string): void {
  for (const job of state.jobs) {
    const open = job.status === 'queued' || job.status === 'running';
    if (job.documentId === documentId && job.kind === INGEST_DOCUMENT && open) job.status = 'cancelled';
  }
}

function sendIngestJob(state: FakeLibraryState, { file, version }: FakeDocument): void {
  const { documentId } = file;
  sendFakeJob(state, { kind: INGEST_DOCUMENT, documentId, payload: { documentId, version } });
}

type Find = (tenantId: string, documentId: string) => FakeDocument | undefined;

function createFakeChanges(
  state: FakeLibraryState,
  find: Find,
): Pick<DocumentWriter, 'accept' | 'addVersion' | 'update' | 'retry'> {
  const findSeen = ({ tenantId, documentId, expected }: ChangeTarget): FakeDocument | undefined => {
    const document = find(tenantId, documentId);
    if (document === undefined || expected === undefined) return document;
    const now = toDocument(state, document);
    if (now.version === expected.version && now.updatedAt === expected.updatedAt) return document;
    throw new AppError('precondition_failed', 'The document was changed since you read it.');
  };
  const shown = ({ document, created }: Changed) => ({ document: toDocument(state, document), created });
  return {
    async accept(file) {
      return shown(accept(state, file));
    },
    async addVersion(target, version) {
      const document = findSeen(target);
      return document === undefined ? null : shown(addVersion(state, document, version));
    },
    async update(target, change) {
      const document = findSeen(target);
      if (document === undefined) return null;
      applyChange(state, document, change);
      return toDocument(state, document);
    },
    async retry(tenantId, documentId) {
      const document = find(tenantId, documentId);
      if (document === undefined) return null;
      if (!requeueFailed(state, document)) throw new AppError('conflict', 'Only a failed document can be tried again.');
      return toDocument(state, document);
    },
  };
}

/** Documents of the in-memory library. */
export function createFakeDocuments(state: FakeLibraryState): DocumentStore {
  const find: Find = (tenantId, documentId) =>
    state.documents.find(
      ({ file, deleted }) => file.documentId === documentId && file.tenantId === tenantId && !deleted,
    );
  return {
    ...createFakeChanges(state, find),
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
    async tombstone(tenantId, documentId) {
      const document = find(tenantId, documentId);
      if (document === undefined) return null;
      document.deleted = true;
      cancelIngest(state, documentId);
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
