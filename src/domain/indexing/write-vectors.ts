/**
 * Passages -> vectors in the index. The one way vectors are made, for a fresh document and for a rebuild alike, so that a
 * rebuilt index equals the first one.
 */
import type { Embedder } from '../ports/embedder.js';
import type { IndexedChunk } from '../ports/ingest-store.js';
import type { VectorIndexWriter } from '../ports/vector-index.js';
import { indexText } from '../text/index-text.js';

const MAX_BATCH = 256;

/** The document version whose passages are written. */
export interface VectorTarget {
  collectionId: string;
  documentId: string;
  version: number;
  title: string;
}

export interface WriteVectorsDeps {
  embedder: Embedder;
  vectors: VectorIndexWriter;
  /** Passages from an ordinal on, at most `limit`; none means the end. */
  readChunks: (options: { fromOrdinal: number; limit: number }) => Promise<IndexedChunk[]>;
  /** Called before each batch; may throw to stop. */
  beforeBatch?: () => Promise<void>;
  onProgress?: (done: number) => Promise<void>;
  signal?: AbortSignal;
}

/**
 * Embeds and writes all passages of a version in batches; while one batch is on its way to the index the next is
 * embedded. Safe to repeat. Returns how many were written.
 * @throws AppError `embedding_failed`, `model_unavailable`, `search_unavailable`
 */
export async function writeVectors(target: VectorTarget, deps: WriteVectorsDeps): Promise<number> {
  const limit = Math.min(deps.embedder.batchSize, MAX_BATCH);
  let writing: Promise<void> = Promise.resolve();
  let done = 0;
  for (;;) {
    await deps.beforeBatch?.();
    const chunks = await deps.readChunks({ fromOrdinal: done, limit });
    if (chunks.length === 0) break;
    const texts = chunks.map((chunk) => indexText({ ...chunk, title: target.title }));
    const [embedded] = await Promise.all([deps.embedder.embedPassages(texts, deps.signal), writing]);
    const { collectionId, documentId, version } = target;
    writing = deps.vectors.upsert(
      collectionId,
      chunks.map(({ passageId }, index) => ({ passageId, documentId, version, vector: embedded[index] as number[] })),
    );
    // Awaited in the next round or at the end; until then a failure must not count as unhandled.
    writing.catch(() => {});
    done += chunks.length;
    await deps.onProgress?.(done);
  }
  await writing;
  return done;
}
