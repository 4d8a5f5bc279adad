import { writeVectors } from '../../src/domain/indexing/write-vectors.js';
import type { Embedder } from '../../src/domain/ports/embedder.js';
import type { Failpoint } from '../../src/domain/ports/failpoint.js';
import type { IngestStore } from '../../src/domain/ports/ingest-store.js';
import type { VectorIndexWriter } from '../../src/domain/ports/vector-index.js';
import { DONE, type Step } from '../step.js';

export interface EmbedDeps {
  store: IngestStore;
  embedder: Embedder;
  vectors: VectorIndexWriter;
  failpoint: Failpoint;
}

/**
 * Passages -> vectors, written under the version as they come. They stay invisible until publish, because every hit is
 * checked against the live version in SQL.
 */
export function createEmbedStep({ store, embedder, vectors, failpoint }: EmbedDeps): Step {
  return {
    name: 'embed',
    mark: 'embedded',
    async run({ lease, target, signal, reportProgress }) {
      const { documentId, version } = target;
      const total = await store.countChunks(documentId, version);
      await writeVectors(target, {
        embedder,
        vectors,
        signal,
        readChunks: (options) => store.readChunks(documentId, version, options),
        beforeBatch: async () => {
          await failpoint('ingest.embed_batch');
          signal.throwIfAborted();
        },
        onProgress: (done) => reportProgress({ stage: 'embed', done, total }),
      });
      await failpoint('ingest.after_vectors');
      await store.markStep(lease, target, 'embedded');
      return DONE;
    },
  };
}
