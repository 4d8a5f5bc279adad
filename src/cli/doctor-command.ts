import { createProviders } from '../app-context.js';
import { createConfig } from '../config/config.js';
import { readEnvironment } from '../config/env.js';
import { inspectLibrary, isHealthy, type LibraryReport } from '../documents/inspect-library.js';
import { type RepairResult, repairLibrary } from '../documents/repair-library.js';
import { AppError } from '../domain/errors.js';
import { claimIndex } from '../domain/indexing/claim-index.js';
import type { Embedder } from '../domain/ports/embedder.js';
import { type Backends, startBackends } from '../infra/start-backends.js';
import { createAppEvents } from '../infra/telemetry/events.js';
import { createLogger } from '../infra/telemetry/logger.js';
import { createMetrics } from '../infra/telemetry/metrics.js';
import { EXIT, styled } from './print.js';

/**
 * Compares the stores of this machine, with the server running or not, and mends them with `repair`. Healthy (now) is
 * `ok`, a finding that remains is `negative`.
 * @throws AppError `index_mismatch` without `repair`, when EMBEDDING_MODEL is not what built the index; `conflict` when
 *         that should be mended while the server runs
 */
export async function doctorCommand(options: { repair: boolean; json: boolean }): Promise<number> {
  const config = createConfig(readEnvironment());
  const logger = createLogger({ level: 'warn', name: 'doctor' });
  const events = createAppEvents({ logger, metrics: createMetrics({ version: 'doctor', processMetrics: false }) });
  const backends = await startBackends(config, {
    events,
    whenRunning: 'share',
    workerEnvironment: null,
    onWorkerLine: () => {},
  });
  try {
    await backends.ready();
    const { embedder } = await createProviders(config, events);
    await agreeOnEmbedder(backends, embedder, options.repair);
    return await examine(backends, embedder, { ...options, sharedChroma: config.chromaUrl !== null });
  } finally {
    await backends.close();
  }
}

/** With `repair`, an index of another embedder is emptied and promised to the present one; the repair then fills it. */
async function agreeOnEmbedder(
  { stores, vectors, shared }: Backends,
  embedder: Embedder,
  repair: boolean,
): Promise<void> {
  try {
    await claimIndex(stores.manifest, embedder);
  } catch (error) {
    if (!repair) throw error;
    if (shared)
      throw new AppError('conflict', 'Stop the server first: the index is to be rebuilt for another embedder.');
    // Only ours: a Chroma server may hold the collections of other installations too.
    for (const { id } of await stores.library.listCollections()) await vectors.removeCollection(id);
    await stores.manifest.replace({ embedderId: embedder.id, dimension: embedder.dimension });
  }
}

async function examine(
  { stores, vectors, shared }: Backends,
  embedder: Embedder,
  options: { repair: boolean; json: boolean; sharedChroma: boolean },
): Promise<number> {
  const inspect = async () => {
    const found = await inspectLibrary({ ...stores, vectors });
    // Other installations may keep their collections on a server that is not ours.
    return options.sharedChroma ? { ...found, orphanVectorCollections: [] } : found;
  };
  let report = await inspect();
  let repaired: RepairResult | null = null;
  if (options.repair && !isHealthy(report)) {
    // While a server runs, a file without a row may be an upload that is just coming in.
    const orphanBlobs = shared ? [] : report.orphanBlobs;
    repaired = await repairLibrary(
      { ...report, orphanBlobs },
      { ...stores, chunks: stores.ingestStore, vectors, embedder },
    );
    report = await inspect();
  }
  const healthy = isHealthy(report);
  const text = options.json ? JSON.stringify({ healthy, report, repaired }) : describe(report, repaired);
  process.stdout.write(`${text}\n`);
  return healthy ? EXIT.ok : EXIT.negative;
}

function describe(report: LibraryReport, repaired: RepairResult | null): string {
  const missing = (gaps: LibraryReport['missingVectors']) => gaps.reduce((sum, gap) => sum + gap.missing, 0);
  const strayVectors = report.orphanVectors.reduce((sum, entry) => sum + entry.passageIds.length, 0);
  const rows: [string, number][] = [
    ['passages without a vector', missing(report.missingVectors)],
    ['passages without postings', missing(report.missingPostings)],
    ['vectors that belong to no live passage', strayVectors],
    ['vector collections that belong to no collection', report.orphanVectorCollections.length],
    ['documents whose file is missing', report.missingBlobs.length],
    ['files that belong to no document', report.orphanBlobs.length],
    ['passages that differ from their page', report.inexactPassages],
  ];
  const lines = rows.map(
    ([name, count]) => `${count === 0 ? styled('green', 'ok  ') : styled('red', 'BAD ')} ${name}: ${count}`,
  );
  const head = `${report.collections} collections, ${report.documents} documents, ${report.passages} passages`;
  const mended =
    repaired === null
      ? []
      : [
          `Repaired: ${repaired.vectorsWritten} vectors and ${repaired.postingsWritten} postings written, ${repaired.orphansRemoved} left-overs removed.`,
        ];
  const hint =
    isHealthy(report) || repaired !== null ? [] : ['`footnote doctor --repair` mends all but missing files.'];
  return [head, ...lines, ...mended, ...hint].join('\n');
}
