import type { IngestStore } from '../../src/domain/ports/ingest-store.js';
import { DONE, type Step } from '../step.js';
import { chunkDocument } from './chunk-document.js';

/** Pages -> passages, stored under the version, invisible until it is published. */
export function createChunkStep(deps: { store: IngestStore; maxTokens: number; maxPassages: number }): Step {
  return {
    name: 'chunk',
    mark: 'chunked',
    async run({ lease, target, reportProgress }) {
      await reportProgress({ stage: 'chunk', done: 0, total: 0 });
      const pages = await deps.store.readPages(target.documentId, target.version);
      const chunks = chunkDocument(pages, { maxTokens: deps.maxTokens, maxPassages: deps.maxPassages });
      await deps.store.saveChunks(lease, target, chunks);
      await reportProgress({ stage: 'chunk', done: chunks.length, total: chunks.length });
      return DONE;
    },
  };
}
