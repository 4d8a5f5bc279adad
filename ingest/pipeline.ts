/**
 * The ingest pipeline: parse -> chunk -> embed -> publish, in this order, each step recorded when it is behind the
 * document version, so that a restart goes on where the last one stopped. Read this first.
 */
import type { DocumentError, IngestTimings } from '../src/domain/document.js';
import type { AppError } from '../src/domain/errors.js';
import { ingestDocumentPayloadSchema } from '../src/domain/jobs/ingest-document.js';
import type { Clock } from '../src/domain/ports/clock.js';
import type { Failpoint } from '../src/domain/ports/failpoint.js';
import type { IngestStepDone, IngestStore, IngestTarget } from '../src/domain/ports/ingest-store.js';
import { type Job, LeaseLostError } from '../src/domain/ports/job-queue.js';
import { outcomeOf, type Step, type StepContext, type StepOutcome } from './step.js';

/** How a job ended for the queue: `done` also when there was nothing left to do. */
export type PipelineResult =
  | { kind: 'done'; target: IngestTarget | null }
  | { kind: 'postpone' | 'retry'; error: AppError; target: IngestTarget }
  | { kind: 'fail'; error: AppError; target: IngestTarget };

/** What one run needs besides the job. */
export interface PipelineRun {
  signal: AbortSignal;
  reportProgress: StepContext['reportProgress'];
  /** Called before the loss of the lease is thrown on. */
  onLeaseLost(target: IngestTarget): Promise<void>;
}

export interface PipelineDeps {
  steps: Step[];
  store: IngestStore;
  failpoint: Failpoint;
  clock: Clock;
}

const ORDER: IngestStepDone[] = ['none', 'parsed', 'chunked', 'embedded', 'published'];

/**
 * The runner. On the last attempt a `retry` becomes a `fail`, so that every acknowledged document ends ready or failed.
 * @throws LeaseLostError when another worker took the job over or the document was deleted meanwhile
 */
export function createPipeline(deps: PipelineDeps) {
  return async function runPipeline(job: Job, run: PipelineRun): Promise<PipelineResult> {
    const { documentId, version } = ingestDocumentPayloadSchema.parse(job.payload);
    const target = await deps.store.findTarget(documentId, version);
    if (target === null) return { kind: 'done', target: null };
    try {
      return await runSteps(deps, { job, target, run });
    } catch (error) {
      if (error instanceof LeaseLostError) await run.onLeaseLost(target);
      throw error;
    }
  };
}

async function runSteps(
  deps: PipelineDeps,
  { job, target, run }: { job: Job; target: IngestTarget; run: PipelineRun },
): Promise<PipelineResult> {
  const stopwatch = createStopwatch(deps.clock);
  const { signal, reportProgress } = run;
  const context: StepContext = { lease: job.lease, target, timings: stopwatch.timings, signal, reportProgress };
  await deps.store.begin(job.lease, target);
  for (const step of deps.steps) {
    if (ORDER.indexOf(target.stepDone) >= ORDER.indexOf(step.mark)) continue;
    stopwatch.start(step.name);
    const outcome = await runStep(step, context, deps.failpoint);
    if (outcome.kind === 'done') continue;
    if (outcome.kind === 'postpone') return { kind: 'postpone', error: outcome.error, target };
    if (outcome.kind === 'retry' && job.attempt < job.maxAttempts)
      return { kind: 'retry', error: outcome.error, target };
    await deps.store.fail(job.lease, target, documentError(outcome.error), null);
    return { kind: 'fail', error: outcome.error, target };
  }
  return { kind: 'done', target };
}

async function runStep(step: Step, context: StepContext, failpoint: Failpoint): Promise<StepOutcome> {
  try {
    await failpoint(`ingest.${step.name}`);
    context.signal.throwIfAborted();
    const outcome = await step.run(context);
    if (outcome.kind === 'done') await failpoint(`ingest.after_${step.name}`);
    return outcome;
  } catch (error) {
    if (context.signal.aborted) throw context.signal.reason;
    return outcomeOf(error);
  }
}

function documentError(error: AppError): DocumentError {
  return { code: error.code, detail: error.message };
}

/** Time per step; the running step counts up to now. */
function createStopwatch(clock: Clock) {
  const spent: Record<Step['name'], number> = { parse: 0, chunk: 0, embed: 0, publish: 0 };
  let running: { name: Step['name']; since: number } | null = null;
  const settle = () => {
    const now = clock.now();
    if (running !== null) {
      spent[running.name] += now - running.since;
      running.since = now;
    }
  };
  return {
    start(name: Step['name']): void {
      settle();
      running = { name, since: clock.now() };
    },
    timings(): IngestTimings {
      settle();
      return { parseMs: spent.parse, chunkMs: spent.chunk, embedMs: spent.embed, publishMs: spent.publish };
    },
  };
}
