import { type InspectLibraryDeps, inspectLibrary } from './inspect-library.js';
import { type RepairLibraryDeps, repairLibrary } from './repair-library.js';

export interface RebuildIndexDeps
  extends InspectLibraryDeps,
    Omit<RepairLibraryDeps, 'library' | 'blobs' | 'lexical' | 'vectors'> {
  lexical: InspectLibraryDeps['lexical'] & RepairLibraryDeps['lexical'];
  vectors: RepairLibraryDeps['vectors'];
  blobs: InspectLibraryDeps['blobs'] & RepairLibraryDeps['blobs'];
  /** Resolves when the index can be asked. */
  ready: () => Promise<void>;
}

/**
 * A function that fills the vector index from SQL while the product runs: of one damaged collection, which is emptied
 * first, or (null) of all. Calls for the same collection while one is under way join it; the runs follow each other.
 * It gives the number of vectors written. Only vectors are mended here; the doctor mends the rest.
 */
export function createIndexRebuild(deps: RebuildIndexDeps): (collectionId: string | null) => Promise<number> {
  const running = new Map<string | null, Promise<number>>();
  let last: Promise<unknown> = Promise.resolve();
  return (collectionId) => {
    const joined = running.get(collectionId);
    if (joined !== undefined) return joined;
    const run = last
      .catch(() => {})
      .then(() => rebuild(deps, collectionId))
      .finally(() => running.delete(collectionId));
    running.set(collectionId, run);
    last = run;
    return run;
  };
}

async function rebuild(deps: RebuildIndexDeps, collectionId: string | null): Promise<number> {
  await deps.ready();
  if (collectionId !== null) await deps.vectors.removeCollection(collectionId);
  const report = await inspectLibrary(deps);
  const { vectorsWritten } = await repairLibrary(
    { ...report, missingPostings: [], orphanVectors: [], orphanVectorCollections: [], orphanBlobs: [] },
    deps,
  );
  return vectorsWritten;
}
