import type { DeleteReceipt } from '../domain/document.js';
import { deleteReceiptSchema } from '../domain/document.js';
import { AppError } from '../domain/errors.js';
import type { DocumentWriter } from '../domain/ports/document-store.js';
import type { JobSender } from '../domain/ports/job-queue.js';
import type { Principal } from '../domain/principal.js';

const WAIT_MS = 20_000;
const POLL_MS = 40;

export type DeleteDocument = (principal: Principal, documentId: string, signal: AbortSignal) => Promise<DeleteReceipt>;

/**
 * Tombstone first: from then on no reader sees the document. The worker removes the rest; the receipt waits for it, and
 * says `complete: false` when that takes longer than 20 s (the removal goes on, also over a restart).
 * @throws AppError `not_found`
 */
export function createDeleteDocument(deps: {
  documents: Pick<DocumentWriter, 'tombstone'>;
  jobs: Pick<JobSender, 'find'>;
}): DeleteDocument {
  return async function deleteDocument(principal, documentId, signal) {
    const tombstone = await deps.documents.tombstone(principal.tenantId, documentId);
    if (tombstone === null) throw new AppError('not_found', 'There is no such document.');
    const end = performance.now() + WAIT_MS;
    while (performance.now() < end && !signal.aborted) {
      const job = await deps.jobs.find(tombstone.jobId);
      if (job?.status === 'done') {
        return { documentId, complete: true, removed: deleteReceiptSchema.shape.removed.parse(job.result) };
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const nothing = { rows: 0, passages: 0, vectors: 0, blobs: 0, cachedAnswers: 0 };
    return { documentId, complete: false, removed: nothing };
  };
}
