/**
 * Takes jobs from the queue and runs them, one lane a kind of work, so that a removal never waits behind a long ingestion.
 * Holds the lease with a heartbeat while a job runs; a lost lease aborts the work.
 */

import { toAppError } from '../src/domain/errors.js';
import { backoffMs } from '../src/domain/jobs/backoff.js';
import { INGEST_DOCUMENT } from '../src/domain/jobs/ingest-document.js';
import { REMOVE_DOCUMENT } from '../src/domain/jobs/remove-document.js';
import type { AppEvents } from '../src/domain/ports/events.js';
import { type Job, type JobQueue, LeaseLostError } from '../src/domain/ports/job-queue.js';

/** What became of a job: its result, or why it should run again or never again. */
export type JobOutcome =
  | { kind: 'done'; result?: unknown }
  | { kind: 'postpone' | 'retry' | 'fail'; error: { code: string; detail: string; cause?: unknown } };

/** The work for one kind of job; `signal` is aborted when the lease is lost or the worker stops. */
export type JobHandler = (job: Job, signal: AbortSignal) => Promise<JobOutcome>;

export interface WorkerLoopDeps {
  queue: JobQueue;
  handlers: Record<string, JobHandler>;
  events: Pick<AppEvents, 'jobRetried' | 'jobDead'>;
  workerId: string;
  leaseMs: number;
  /** Ingest jobs at a time; removals have a lane of their own. */
  concurrency: number;
  /** Called when a job was found dead because it kept killing its worker. */
  onAbandoned: () => Promise<void>;
  idleMs?: number;
}

/** Reason of the abort when the worker stops: the job goes back unharmed. */
export class WorkerStopping extends Error {}

/** Wait before a job looks again for a store or model that was away. */
const POSTPONE_MS = 3000;

/** Starts the lanes. `stop` takes no new job, aborts the running ones and waits until they are given back. */
export function startWorkerLoop(deps: WorkerLoopDeps): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const lanes = [lane(deps, [REMOVE_DOCUMENT], stopping.signal)];
  for (let index = 0; index < deps.concurrency; index += 1) lanes.push(lane(deps, [INGEST_DOCUMENT], stopping.signal));
  return {
    async stop() {
      stopping.abort(new WorkerStopping('the worker stops'));
      await Promise.all(lanes);
    },
  };
}

async function lane(deps: WorkerLoopDeps, kinds: string[], stopping: AbortSignal): Promise<void> {
  let storeFailures = 0;
  while (!stopping.aborted) {
    try {
      const job = await deps.queue.claim({
        kinds,
        workerId: deps.workerId,
        leaseMs: deps.leaseMs,
        onAbandoned: async (dead) => {
          deps.events.jobDead({ jobId: dead.id, kind: dead.kind, code: dead.error?.code ?? 'job_abandoned' });
          await deps.onAbandoned();
        },
      });
      if (job === null) await pause(deps.idleMs ?? 100, stopping);
      else await runJob(deps, job, stopping);
      storeFailures = 0;
    } catch (error) {
      storeFailures += 1;
      deps.events.jobRetried({
        jobId: 'none',
        kind: kinds.join(),
        attempt: storeFailures,
        code: toAppError(error).code,
        cause: error,
      });
      await pause(backoffMs(storeFailures), stopping);
    }
  }
}

async function runJob(deps: WorkerLoopDeps, job: Job, stopping: AbortSignal): Promise<void> {
  const lost = new AbortController();
  const beat = setInterval(() => {
    deps.queue.heartbeat(job.lease, deps.leaseMs).then(
      (held) => held || lost.abort(new LeaseLostError()),
      () => {},
    );
  }, deps.leaseMs / 3);
  const signal = AbortSignal.any([lost.signal, stopping]);
  try {
    const handler = deps.handlers[job.kind];
    if (handler === undefined) throw new Error(`no handler for jobs of kind ${job.kind}`);
    await settle(deps, job, await handler(job, signal));
  } catch (error) {
    if (error instanceof LeaseLostError) return;
    if (error instanceof WorkerStopping) return await deps.queue.release(job.lease);
    const known = toAppError(error);
    await settle(deps, job, { kind: 'retry', error: { code: known.code, detail: known.message, cause: error } });
  } finally {
    clearInterval(beat);
  }
}

async function settle(deps: WorkerLoopDeps, job: Job, outcome: JobOutcome): Promise<void> {
  if (outcome.kind === 'done') {
    await deps.queue.complete(job.lease, outcome.result);
    return;
  }
  const { cause, ...error } = outcome.error;
  if (outcome.kind === 'fail') {
    await deps.queue.fail(job.lease, error);
    return;
  }
  if (outcome.kind === 'postpone') {
    await deps.queue.postpone(job.lease, error, POSTPONE_MS);
    deps.events.jobRetried({ jobId: job.id, kind: job.kind, attempt: job.attempt, code: error.code, cause });
    return;
  }
  const became = await deps.queue.retry(job.lease, error, backoffMs(job.attempt));
  if (became === 'dead') deps.events.jobDead({ jobId: job.id, kind: job.kind, code: error.code });
  else deps.events.jobRetried({ jobId: job.id, kind: job.kind, attempt: job.attempt, code: error.code, cause });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
