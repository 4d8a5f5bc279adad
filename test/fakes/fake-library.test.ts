import { describeCollectionStoreContract } from '../contract/collection-store.js';
import { describeDocumentStoreContract } from '../contract/document-store.js';
import { describeIngestStoreContract } from '../contract/ingest-store.js';
import type { LibrarySubject } from '../contract/library-subject.js';
import { createFakeLibrary } from './fake-library.js';

const makeSubject = async (): Promise<LibrarySubject> => {
  const library = createFakeLibrary();
  return {
    ...library,
    takeJob: async (documentId) => library.takeJob(documentId),
    buryJob: async (lease, error) => library.buryJob(lease, error),
    listJobs: async (documentId) =>
      library.state.jobs
        .filter((job) => job.documentId === documentId)
        .map(({ kind, status, payload }) => ({ kind, status, payload })),
    close: async () => undefined,
  };
};

describeCollectionStoreContract('memory', makeSubject);
describeDocumentStoreContract('memory', makeSubject);
describeIngestStoreContract('memory', makeSubject);
