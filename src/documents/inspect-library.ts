/**
 * Compares what SQL says with what the blob store, the lexical index and the vector index hold. SQL and the blobs are
 * the truth; the two indexes can be rebuilt from them.
 */
import type { BlobStore } from '../domain/ports/blob-store.js';
import type { LibraryInspector } from '../domain/ports/ingest-store.js';
import type { LexicalIndexInspector } from '../domain/ports/lexical-index.js';
import type { VectorIndexInspector } from '../domain/ports/vector-index.js';

/** A live document version of which an index holds not exactly the passages. */
export interface IndexGap {
  collectionId: string;
  documentId: string;
  version: number;
  missing: number;
}

/** What the inspection found; all lists empty and `inexactPassages` 0 means healthy. */
export interface LibraryReport {
  collections: number;
  documents: number;
  passages: number;
  /** Live versions whose vectors are not complete. */
  missingVectors: IndexGap[];
  /** Live versions whose postings are not complete. */
  missingPostings: IndexGap[];
  /** Vectors of versions that are not live, by collection. */
  orphanVectors: { collectionId: string; passageIds: string[] }[];
  /** Vector collections that belong to no library collection. */
  orphanVectorCollections: string[];
  /** Keys that rows name but the blob store does not hold. */
  missingBlobs: string[];
  /** Keys in the blob store that no row names. */
  orphanBlobs: string[];
  /** Passages whose text is not the stored page text at their offsets. */
  inexactPassages: number;
}

export interface InspectLibraryDeps {
  library: LibraryInspector;
  blobs: Pick<BlobStore, 'list'>;
  lexical: LexicalIndexInspector;
  vectors: Pick<VectorIndexInspector, 'listIds' | 'listCollections'>;
}

/** True when nothing has to be repaired. */
export function isHealthy(report: LibraryReport): boolean {
  const lists = [
    report.missingVectors,
    report.missingPostings,
    report.orphanVectors,
    report.orphanVectorCollections,
    report.missingBlobs,
    report.orphanBlobs,
  ];
  return report.inexactPassages === 0 && lists.every((list) => list.length === 0);
}

/** Reads every store once. Documents that are being ingested while it runs may show as gaps. */
export async function inspectLibrary(deps: InspectLibraryDeps): Promise<LibraryReport> {
  const collections = await deps.library.listCollections();
  const report: LibraryReport = {
    collections: collections.length,
    documents: 0,
    passages: 0,
    missingVectors: [],
    missingPostings: [],
    orphanVectors: [],
    orphanVectorCollections: [],
    inexactPassages: await deps.library.countInexactPassages(),
    ...(await compareBlobs(deps)),
  };
  const known = new Set(collections.map((collection) => collection.id));
  report.orphanVectorCollections = (await deps.vectors.listCollections()).filter((id) => !known.has(id));
  for (const { id } of collections) await inspectCollection(deps, id, report);
  return report;
}

async function compareBlobs(deps: InspectLibraryDeps): Promise<Pick<LibraryReport, 'missingBlobs' | 'orphanBlobs'>> {
  const [named, stored] = await Promise.all([deps.library.listBlobKeys(), deps.blobs.list()]);
  const namedSet = new Set(named);
  const storedSet = new Set(stored);
  return {
    missingBlobs: named.filter((key) => !storedSet.has(key)),
    orphanBlobs: stored.filter((key) => !namedSet.has(key)),
  };
}

async function inspectCollection(deps: InspectLibraryDeps, collectionId: string, report: LibraryReport): Promise<void> {
  const stray = new Set((await deps.vectors.listIds(collectionId)).map((entry) => entry.passageId));
  for (const { documentId, version } of await deps.library.listLiveVersions(collectionId)) {
    const passageIds = await deps.library.listPassageIds(documentId, version);
    const postings = new Set(await deps.lexical.listPassageIds(documentId, version));
    const gap = { collectionId, documentId, version };
    const withoutVector = passageIds.filter((id) => !stray.delete(id)).length;
    const withoutPosting = passageIds.filter((id) => !postings.has(id)).length;
    if (withoutVector > 0) report.missingVectors.push({ ...gap, missing: withoutVector });
    if (withoutPosting > 0) report.missingPostings.push({ ...gap, missing: withoutPosting });
    report.documents += 1;
    report.passages += passageIds.length;
  }
  const ingesting = new Set(await deps.library.listPassageIdsInProgress(collectionId));
  const orphans = [...stray].filter((id) => !ingesting.has(id));
  if (orphans.length > 0) report.orphanVectors.push({ collectionId, passageIds: orphans });
}
