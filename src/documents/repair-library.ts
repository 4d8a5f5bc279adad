import { writePostings } from '../domain/indexing/write-postings.js';
import { writeVectors } from '../domain/indexing/write-vectors.js';
import type { BlobStore } from '../domain/ports/blob-store.js';
import type { Embedder } from '../domain/ports/embedder.js';
import type { IngestStore, LibraryInspector } from '../domain/ports/ingest-store.js';
import type { LexicalIndexWriter } from '../domain/ports/lexical-index.js';
import type { VectorIndex } from '../domain/ports/vector-index.js';
import type { IndexGap, LibraryReport } from './inspect-library.js';

export interface RepairLibraryDeps {
  library: Pick<LibraryInspector, 'findLiveVersion'>;
  chunks: Pick<IngestStore, 'readChunks'>;
  blobs: Pick<BlobStore, 'remove'>;
  lexical: LexicalIndexWriter;
  vectors: VectorIndex;
  embedder: Embedder;
  onProgress?: (done: number, total: number) => void;
}

/** What a repair did. Missing blobs and inexact passages cannot be mended from here: those documents must be uploaded again. */
export interface RepairResult {
  vectorsWritten: number;
  postingsWritten: number;
  orphansRemoved: number;
}

/**
 * Mends what {@link LibraryReport} lists: vectors and postings are rebuilt from SQL, orphans removed. Safe to stop at any
 * moment and to run twice.
 * @throws AppError `search_unavailable`, `model_unavailable`
 */
export async function repairLibrary(report: LibraryReport, deps: RepairLibraryDeps): Promise<RepairResult> {
  const result: RepairResult = { vectorsWritten: 0, postingsWritten: 0, orphansRemoved: 0 };
  const total = report.missingVectors.length + report.missingPostings.length;
  let done = 0;
  for (const gap of report.missingVectors) {
    result.vectorsWritten += await rebuildVectors(gap, deps);
    deps.onProgress?.(++done, total);
  }
  for (const gap of report.missingPostings) {
    result.postingsWritten += await rebuildPostings(gap, deps);
    deps.onProgress?.(++done, total);
  }
  for (const { collectionId, passageIds } of report.orphanVectors) {
    await deps.vectors.removeIds(collectionId, passageIds);
    result.orphansRemoved += passageIds.length;
  }
  for (const collectionId of report.orphanVectorCollections) await deps.vectors.removeCollection(collectionId);
  for (const key of report.orphanBlobs) if (await deps.blobs.remove(key)) result.orphansRemoved += 1;
  return result;
}

async function rebuildVectors(gap: IndexGap, deps: RepairLibraryDeps): Promise<number> {
  const target = await deps.library.findLiveVersion(gap.documentId);
  if (target === null || target.version !== gap.version) return 0;
  return await writeVectors(target, {
    embedder: deps.embedder,
    vectors: deps.vectors,
    readChunks: (options) => deps.chunks.readChunks(gap.documentId, gap.version, options),
  });
}

async function rebuildPostings(gap: IndexGap, deps: RepairLibraryDeps): Promise<number> {
  const target = await deps.library.findLiveVersion(gap.documentId);
  if (target === null || target.version !== gap.version) return 0;
  const { passages } = await writePostings(target, {
    lexical: deps.lexical,
    readChunks: (options) => deps.chunks.readChunks(gap.documentId, gap.version, options),
  });
  return passages;
}
