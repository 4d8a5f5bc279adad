/**
 * A step of the ingest pipeline. A step does its work once or twice with the same result, tells how it ended, and
 * leaves the decision about trying again to the runner.
 */

import type { IngestProgress, IngestTimings } from '../src/domain/document.js';
import { AppError, type ErrorCode } from '../src/domain/errors.js';
import type { IngestStepDone, IngestTarget } from '../src/domain/ports/ingest-store.js';
import { type JobLease, LeaseLostError } from '../src/domain/ports/job-queue.js';

/**
 * `postpone`: a store or a model is away, nothing is wrong with the document. `retry`: something unexpected, which counts
 * as an attempt. `fail`: the document cannot be read, trying again is useless.
 */
export type StepOutcome = { kind: 'done' } | { kind: 'postpone' | 'retry' | 'fail'; error: AppError };

/** What a step works on. */
export interface StepContext {
  lease: JobLease;
  target: IngestTarget;
  /** Aborted when the lease is lost or the worker stops. */
  signal: AbortSignal;
  reportProgress(progress: IngestProgress): Promise<void>;
  /** Milliseconds of each step of this run so far, the running one included; a step that an earlier run did counts 0. */
  timings(): IngestTimings;
}

export interface Step {
  name: 'parse' | 'chunk' | 'embed' | 'publish';
  /** What the document version carries once this step is behind it. */
  mark: Exclude<IngestStepDone, 'none'>;
  run(context: StepContext): Promise<StepOutcome>;
}

/** The outcome of a step that worked. */
export const DONE: StepOutcome = { kind: 'done' };

const AWAY: ReadonlySet<ErrorCode> = new Set([
  'model_unavailable',
  'search_unavailable',
  'storage_unavailable',
  'storage_full',
]);

/**
 * Reads a thrown error as an outcome: what is away comes back (`postpone`), the unexpected may pass (`retry`), what lies in
 * the document stays (`fail`). A lost lease is thrown on, it is nobody's outcome.
 */
export function outcomeOf(error: unknown): StepOutcome {
  if (error instanceof LeaseLostError) throw error;
  const known =
    error instanceof AppError
      ? error
      : new AppError('internal_error', 'An unexpected error stopped the ingestion; the log holds the details.', {
          cause: error,
        });
  if (AWAY.has(known.code)) return { kind: 'postpone', error: known };
  return { kind: known.code === 'internal_error' ? 'retry' : 'fail', error: known };
}
