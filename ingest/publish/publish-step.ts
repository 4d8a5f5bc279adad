import { writePostings } from '../../src/domain/indexing/write-postings.js';
import type { BlobStore } from '../../src/domain/ports/blob-store.js';
import type { AppEvents } from '../../src/domain/ports/events.js';
import type { Failpoint } from '../../src/domain/ports/failpoint.js';
import type { IngestStore, IngestTarget } from '../../src/domain/ports/ingest-store.js';
import type { LexicalIndexWriter } from '../../src/domain/ports/lexical-index.js';
import type { VectorIndexWriter } from '../../src/domain/ports/vector-index.js';
import { DONE, type Step } from '../step.js';

export interface PublishDeps {
  store: IngestStore;
  lexical: LexicalIndexWriter;
  vectors: VectorIndexWriter;
  blobs: BlobStore;
  failpoint: Failpoint;
  events: Pick<AppEvents, 'documentIngested'>;
}

/**
 * Writes the lexical index under the version, then switches the live version in one SQL transaction: readers see the
 * old version or the new one, never a mix. Afterwards the versions that nobody can see any more are removed.
 */
export function createPublishStep(deps: PublishDeps): Step {
  return {
    name: 'publish',
    mark: 'published',
    async run({ lease, target, signal, reportProgress, timings }) {
      const { documentId, version } = target;
      const total = await deps.store.countChunks(documentId, version);
      const { passages, indexedLength } = await writePostings(target, {
        lexical: deps.lexical,
        readChunks: (options) => deps.store.readChunks(documentId, version, options),
        beforeBatch: async () => {
          await deps.failpoint('ingest.publish_batch');
          signal.throwIfAborted();
        },
        onProgress: (done) => reportProgress({ stage: 'publish', done, total }),
      });
      await deps.failpoint('ingest.before_switch');
      const spent = timings();
      await deps.store.publish(lease, target, { timings: spent, indexedLength });
      await deps.failpoint('ingest.after_commit');
      await removeSuperseded(deps, target);
      const totalMs = spent.parseMs + spent.chunkMs + spent.embedMs + spent.publishMs;
      deps.events.documentIngested({ documentId, version, passages, totalMs });
      return DONE;
    },
  };
}

/** Removes the traces of versions that are neither live nor newest, in every store. Safe to repeat. */
async function removeSuperseded(
  deps: Pick<PublishDeps, 'store' | 'lexical' | 'vectors' | 'blobs'>,
  target: Pick<IngestTarget, 'documentId' | 'collectionId'>,
): Promise<void> {
  const { documentId, collectionId } = target;
  for (const version of await deps.store.supersededVersions(documentId)) {
    await deps.vectors.removeDocument({ collectionId, documentId, version });
    await deps.lexical.removeDocument({ documentId, version });
    const { blobKey } = await deps.store.removeVersion(documentId, version);
    if (blobKey !== null) await deps.blobs.remove(blobKey);
  }
}
