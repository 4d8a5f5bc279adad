/**
 * The library's rows in memory: collections, documents, their versions and jobs, behind the same ports as the SQL stores
 * and kept equal to them by the contract suites. One shared state, so that what one port writes the others see.
 */
import type { CollectionStore } from '../../src/domain/ports/collection-store.js';
import type { DocumentStore, PassageReader } from '../../src/domain/ports/document-store.js';
import type { IngestStore, RemovalStore } from '../../src/domain/ports/ingest-store.js';
import type { JobLease } from '../../src/domain/ports/job-queue.js';
import { createFakeCollections } from './fake-collection-store.js';
import { createFakeDocuments, createFakePassages } from './fake-document-store.js';
import { createFakeIngest, createFakeRemoval } from './fake-ingest-store.js';
import type { FakeJob, FakeLibraryState } from './fake-library-state.js';

export interface FakeLibrary {
  state: FakeLibraryState;
  collections: CollectionStore;
  documents: DocumentStore;
  passages: PassageReader;
  ingest: IngestStore;
  removal: RemovalStore;
  /** Takes the newest queued or running job of a document, as the queue would; the lease before it is lost. */
  takeJob(documentId: string): JobLease | null;
  /** Marks a job dead, as the queue would. */
  buryJob(lease: JobLease, error: { code: string; detail: string }): void;
}

/** An empty library. */
export function createFakeLibrary(): FakeLibrary {
  let clock = Date.parse('2026-01-01T00:00:00Z');
  const now = () => {
    clock += 1;
    return clock;
  };
  const state: FakeLibraryState = { collections: [], documents: [], jobs: [], now };
  return {
    state,
    collections: createFakeCollections(state),
    documents: createFakeDocuments(state),
    passages: createFakePassages(state),
    ingest: createFakeIngest(state),
    removal: createFakeRemoval(state),
    takeJob(documentId) {
      const open = (job: FakeJob) =>
        job.documentId === documentId && (job.status === 'queued' || job.status === 'running');
      const job = state.jobs.findLast(open);
      if (job === undefined) return null;
      job.status = 'running';
      job.token += 1;
      return { jobId: job.id, token: job.token };
    },
    buryJob({ jobId }, error) {
      const job = state.jobs.find(({ id }) => id === jobId);
      if (job !== undefined) Object.assign(job, { status: 'dead', error });
    },
  };
}
