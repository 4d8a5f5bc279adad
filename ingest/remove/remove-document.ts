/**
 * Removes a tombstoned document from every store: vectors, postings, blobs, answers that drew on it, rows, in this order, so that a crash in
 * between leaves the tombstone and the job finds its way again. Readers have not seen the document since the tombstone.
 */
import type { DeleteReceipt } from '../../src/domain/document.js';
import { removeDocumentPayloadSchema } from '../../src/domain/jobs/remove-document.js';
import type { AnswerLog } from '../../src/domain/ports/answer-log.js';
import type { BlobStore } from '../../src/domain/ports/blob-store.js';
import type { AppEvents } from '../../src/domain/ports/events.js';
import type { Failpoint } from '../../src/domain/ports/failpoint.js';
import type { RemovalStore } from '../../src/domain/ports/ingest-store.js';
import type { Job } from '../../src/domain/ports/job-queue.js';
import type { LexicalIndexWriter } from '../../src/domain/ports/lexical-index.js';
import type { VectorIndexWriter } from '../../src/domain/ports/vector-index.js';

export interface RemoveDocumentDeps {
  store: RemovalStore;
  vectors: VectorIndexWriter;
  lexical: LexicalIndexWriter;
  blobs: BlobStore;
  answers: Pick<AnswerLog, 'removeAbout'>;
  failpoint: Failpoint;
  events: Pick<AppEvents, 'documentRemoved'>;
}

/** The handler of `remove-document`: gives what the receipt lists. Safe to repeat. */
export function createRemoveDocument(deps: RemoveDocumentDeps) {
  return async function removeDocument(job: Pick<Job, 'payload'>): Promise<DeleteReceipt['removed']> {
    const { documentId } = removeDocumentPayloadSchema.parse(job.payload);
    const removed = { rows: 0, passages: 0, vectors: 0, blobs: 0, cachedAnswers: 0 };
    const tombstone = await deps.store.findTombstone(documentId);
    if (tombstone === null) return removed;
    await deps.failpoint('delete.after_tombstone');
    removed.vectors = await deps.vectors.removeDocument({ collectionId: tombstone.collectionId, documentId });
    await deps.failpoint('delete.after_vectors');
    await deps.lexical.removeDocument({ documentId });
    for (const key of tombstone.blobKeys) if (await deps.blobs.remove(key)) removed.blobs += 1;
    await deps.failpoint('delete.after_blob');
    removed.cachedAnswers = await deps.answers.removeAbout(documentId);
    Object.assign(removed, await deps.store.purge(documentId));
    deps.events.documentRemoved({ documentId, passages: removed.passages, vectors: removed.vectors });
    return removed;
  };
}
