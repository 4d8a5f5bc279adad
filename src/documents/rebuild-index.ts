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

/** A document that is published while vectors are written may be among the missing only afterwards. */
const MAX_ROUNDS = 3;

async function rebuild(deps: RebuildIndexDeps, collectionId: string | null): Promise<number> {
  await deps.ready();
  if (collectionId !== null) await deps.vectors.removeCollection(collectionId);
  let written = 0;
  for (let round = 0; round < MAX_ROUNDS && !(await looksComplete(deps)); round += 1) {
    const report = await inspectLibrary(deps);
    if (report.missingVectors.length === 0) break;
    const onlyVectors = { missingPostings: [], orphanVectors: [], orphanVectorCollections: [], orphanBlobs: [] };
    written += (await repairLibrary({ ...report, ...onlyVectors }, deps)).vectorsWritten;
  }
  return written;
}

/** The cheap question first: as many vectors as live passages in every collection, or more (versions under way). */
async function looksComplete({ library, vectors }: RebuildIndexDeps): Promise<boolean> {
  for (const { id, passages } of await library.listCollections()) {
    if ((await vectors.count(id)) < passages) return false;
  }
  return true;
}
