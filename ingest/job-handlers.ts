/** Joins the two kinds of jobs to the code that does them, and reads its results as the queue's outcomes. */

import type { AppError } from '../src/domain/errors.js';
import { INGEST_DOCUMENT } from '../src/domain/jobs/ingest-document.js';
import { REMOVE_DOCUMENT } from '../src/domain/jobs/remove-document.js';
import type { AnswerLog } from '../src/domain/ports/answer-log.js';
import type { BlobStore } from '../src/domain/ports/blob-store.js';
import type { Clock } from '../src/domain/ports/clock.js';
import type { Embedder } from '../src/domain/ports/embedder.js';
import type { AppEvents } from '../src/domain/ports/events.js';
import type { Failpoint } from '../src/domain/ports/failpoint.js';
import type { IngestStore, IngestTarget, RemovalStore } from '../src/domain/ports/ingest-store.js';
import type { JobQueue } from '../src/domain/ports/job-queue.js';
import type { LexicalIndexWriter } from '../src/domain/ports/lexical-index.js';
import type { VectorIndexWriter } from '../src/domain/ports/vector-index.js';
import { createChunkStep } from './chunk/chunk-step.js';
import { createEmbedStep } from './embed/embed-step.js';
import { createParseStep, type ParseDocument } from './parse/parse-step.js';
import { createPipeline } from './pipeline.js';
import { createPublishStep } from './publish/publish-step.js';
import { createRemoveDocument } from './remove/remove-document.js';
import type { JobHandler, JobOutcome } from './worker-loop.js';

export interface JobHandlerDeps {
  queue: Pick<JobQueue, 'progress'>;
  ingestStore: IngestStore;
  removalStore: RemovalStore;
  blobs: BlobStore;
  answers: Pick<AnswerLog, 'removeAbout'>;
  embedder: Embedder;
  vectors: VectorIndexWriter;
  lexical: LexicalIndexWriter;
  parse: ParseDocument;
  events: AppEvents;
  failpoint: Failpoint;
  clock: Clock;
  chunking: { maxTokens: number; maxPassages: number };
}

/** The handlers by job kind. */
export function createJobHandlers(deps: JobHandlerDeps): Record<string, JobHandler> {
  return { [INGEST_DOCUMENT]: ingestHandler(deps), [REMOVE_DOCUMENT]: removeHandler(deps) };
}

function ingestHandler(deps: JobHandlerDeps): JobHandler {
  const { ingestStore: store, failpoint, clock } = deps;
  const steps = [
    createParseStep({ blobs: deps.blobs, store, parse: deps.parse }),
    createChunkStep({ store, ...deps.chunking }),
    createEmbedStep({ ...deps, store }),
    createPublishStep({ ...deps, store }),
  ];
  const runPipeline = createPipeline({ steps, store, failpoint, clock });
  return async (job, signal) => {
    const result = await runPipeline(job, {
      signal,
      reportProgress: (progress) => deps.queue.progress(job.lease, progress),
      onLeaseLost: (target) => removeTracesOfDeleted(deps, target),
    });
    if (result.kind === 'done') return { kind: 'done' };
    if (result.kind === 'fail') {
      const { documentId, version } = result.target;
      deps.events.documentFailed({ documentId, version, code: result.error.code });
    }
    return { kind: result.kind, error: jobError(result.error) };
  };
}

/**
 * A document that was deleted or got a newer version while it was ingested may have got vectors after their removal had
 * passed: whoever wrote them takes them back. When another worker has taken the job over, or the version went live, they stay.
 */
async function removeTracesOfDeleted(deps: JobHandlerDeps, target: IngestTarget): Promise<void> {
  const { documentId, collectionId, version } = target;
  if (await deps.ingestStore.isKept(documentId, version)) return;
  await deps.vectors.removeDocument({ collectionId, documentId, version });
}

function removeHandler(deps: JobHandlerDeps): JobHandler {
  const removeDocument = createRemoveDocument({ ...deps, store: deps.removalStore });
  return async (job) => ({ kind: 'done', result: await removeDocument(job) });
}

function jobError(error: AppError): Exclude<JobOutcome, { kind: 'done' }>['error'] {
  return { code: error.code, detail: error.message, cause: error.cause };
}
