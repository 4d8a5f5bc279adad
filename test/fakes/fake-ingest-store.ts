import type { PageCounts } from '../../src/domain/document.js';
import { passageId } from '../../src/domain/ids.js';
import { INGEST_DOCUMENT } from '../../src/domain/jobs/ingest-document.js';
import type { ParsedPage } from '../../src/domain/parsed-document.js';
import type { IngestStore, IngestTarget, RemovalStore } from '../../src/domain/ports/ingest-store.js';
import { type JobLease, LeaseLostError } from '../../src/domain/ports/job-queue.js';
import type { FakeDocument, FakeLibraryState, FakeVersion } from './fake-library-state.js';

function countPages(pages: ParsedPage[]): PageCounts {
  const counts = { total: pages.length, text: 0, ocr: 0, empty: 0, failed: 0 };
  for (const { status } of pages) counts[status] += 1;
  return counts;
}

function takeOverTitle(document: FakeDocument, title: string | null): void {
  if (title !== null && !document.titlePinned) document.file.title = title;
}

function holdLease(state: FakeLibraryState, lease: JobLease): void {
  const job = state.jobs.find(({ id }) => id === lease.jobId);
  if (job?.status !== 'running' || job.token !== lease.token) throw new LeaseLostError();
}

function createFakeWrites(
  state: FakeLibraryState,
): Pick<IngestStore, 'begin' | 'savePages' | 'saveChunks' | 'markStep' | 'publish' | 'fail'> {
  const current = ({ documentId, version }: IngestTarget): FakeDocument | undefined =>
    state.documents.find(
      ({ file, deleted, version: newest }) => file.documentId === documentId && !deleted && newest === version,
    );
  const versionOf = ({ documentId, version }: IngestTarget): Partial<FakeVersion> =>
    state.documents.find(({ file }) => file.documentId === documentId)?.versions.get(version) ?? {};
  return {
    async begin(lease, target) {
      holdLease(state, lease);
      const document = current(target);
      if (document === undefined || (document.liveVersion !== null && document.status === 'ready')) return;
      Object.assign(document, { status: 'processing', error: null });
    },
    async savePages(lease, target, { pages, paged, title, language }) {
      holdLease(state, lease);
      const copy = structuredClone(pages);
      Object.assign(versionOf(target), {
        pages: copy,
        paged,
        language,
        stepDone: 'parsed',
        pageCounts: countPages(pages),
      });
      versionOf(target).title = title;
      const document = current(target);
      if (document?.liveVersion === null) takeOverTitle(document, title);
    },
    async saveChunks(lease, target, chunks) {
      holdLease(state, lease);
      const idOf = (ordinal: number) => passageId(target.documentId, target.version, ordinal);
      const indexed = chunks.map((chunk) => ({ ...chunk, passageId: idOf(chunk.ordinal) }));
      Object.assign(versionOf(target), { chunks: indexed, stepDone: 'chunked' });
    },
    async markStep(lease, target, step) {
      holdLease(state, lease);
      versionOf(target).stepDone = step;
    },
    async publish(lease, target, { timings }) {
      holdLease(state, lease);
      const document = current(target);
      if (document === undefined) throw new LeaseLostError();
      Object.assign(versionOf(target), { stepDone: 'published', timings });
      Object.assign(document, { status: 'ready', liveVersion: target.version, error: null });
      takeOverTitle(document, versionOf(target).title ?? null);
    },
    async fail(lease, target, error, pages) {
      holdLease(state, lease);
      Object.assign(current(target) ?? {}, { status: 'failed', error });
      if (pages !== null) versionOf(target).pageCounts = pages;
    },
  };
}

/** The ingest side of the in-memory library; `FakeLibrary.takeJob` gives the lease. */
export function createFakeIngest(state: FakeLibraryState): IngestStore {
  const versionOf = (documentId: string, version: number): FakeVersion | undefined =>
    state.documents.find(({ file }) => file.documentId === documentId)?.versions.get(version);
  const spare = (documentId: string): number[] => {
    const document = state.documents.find(({ file }) => file.documentId === documentId);
    const kept = [document?.version, document?.liveVersion];
    return [...(document?.versions.keys() ?? [])].filter((version) => !kept.includes(version));
  };
  return {
    ...createFakeWrites(state),
    async findTarget(documentId, version) {
      const document = state.documents.find(({ file, deleted }) => file.documentId === documentId && !deleted);
      const stored = document?.versions.get(version);
      if (document === undefined || stored === undefined || document.version !== version) return null;
      const { tenantId, collectionId, filename, title, mediaType, bytes } = document.file;
      const { blobKey, stepDone } = stored;
      const liveVersion = document.liveVersion;
      return {
        tenantId,
        collectionId,
        documentId,
        version,
        filename,
        title,
        mediaType,
        bytes,
        blobKey,
        stepDone,
        liveVersion,
      };
    },
    async isKept(documentId, version) {
      const document = state.documents.find(({ file, deleted }) => file.documentId === documentId && !deleted);
      return document !== undefined && [document.version, document.liveVersion].includes(version);
    },
    async readPages(documentId, version) {
      const stored = versionOf(documentId, version);
      return { paged: stored?.paged ?? false, pages: structuredClone(stored?.pages ?? []) };
    },
    async readChunks(documentId, version, { fromOrdinal, limit }) {
      const chunks = versionOf(documentId, version)?.chunks ?? [];
      return chunks.filter(({ ordinal }) => ordinal >= fromOrdinal).slice(0, limit);
    },
    async countChunks(documentId, version) {
      return versionOf(documentId, version)?.chunks.length ?? 0;
    },
    async failAbandoned() {
      return state.documents.flatMap((document) => {
        const { documentId } = document.file;
        const job = state.jobs.findLast((other) => other.documentId === documentId && other.kind === INGEST_DOCUMENT);
        const waiting = document.status === 'queued' || document.status === 'processing';
        if (job?.status !== 'dead' || !waiting || document.deleted) return [];
        const error = job.error ?? { code: 'job_abandoned', detail: 'The job was given up.' };
        Object.assign(document, { status: 'failed', error });
        return [{ documentId, version: document.version, code: error.code }];
      });
    },
    async supersededVersions(documentId) {
      return spare(documentId);
    },
    async removeVersion(documentId, version) {
      if (!spare(documentId).includes(version)) return { blobKey: null };
      const document = state.documents.find(({ file }) => file.documentId === documentId);
      const blobKey = document?.versions.get(version)?.blobKey ?? null;
      document?.versions.delete(version);
      return { blobKey };
    },
  };
}

/** Removal of tombstoned documents from the in-memory library. */
export function createFakeRemoval(state: FakeLibraryState): RemovalStore {
  const find = (documentId: string) =>
    state.documents.find(({ file, deleted }) => file.documentId === documentId && deleted);
  return {
    async findTombstone(documentId) {
      const document = find(documentId);
      if (document === undefined) return null;
      const { tenantId, collectionId } = document.file;
      return { tenantId, collectionId, blobKeys: [...document.versions.values()].map(({ blobKey }) => blobKey) };
    },
    async purge(documentId) {
      const document = find(documentId);
      if (document === undefined) return { rows: 0, passages: 0 };
      const versions = [...document.versions.values()];
      const passages = versions.reduce((sum, version) => sum + version.chunks.length, 0);
      const pages = versions.reduce((sum, version) => sum + version.pages.length, 0);
      state.documents.splice(state.documents.indexOf(document), 1);
      return { rows: 1 + versions.length + pages + passages, passages };
    },
  };
}
