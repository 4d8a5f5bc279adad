import { newId } from '../../src/domain/ids.js';
import { type Clock, systemClock } from '../../src/domain/ports/clock.js';
import type { JobLease, JobQueue, JobState, JobStatus } from '../../src/domain/ports/job-queue.js';

/** A job queue in memory. */
export interface FakeJobQueue extends JobQueue {
  /** What the document store does to the job of a deleted document. */
  cancel(jobId: string): Promise<void>;
  /** What watchers see; null before the first report. */
  progressOf(jobId: string): { stage: string; done: number; total: number } | null;
}

interface Entry extends JobState {
  payload: unknown;
  maxAttempts: number;
  runAt: number;
  token: number;
  leaseUntil: number;
  workerId: string;
  progress: { stage: string; done: number; total: number } | null;
}

/** Same rules as the real queue: counted attempts, leases with rising tokens, dead after the last attempt. */
export function createFakeJobQueue(clock: Clock = systemClock): FakeJobQueue {
  const jobs = new Map<string, Entry>();

  function held(lease: JobLease): Entry | null {
    const job = jobs.get(lease.jobId);
    return job !== undefined && job.status === 'running' && job.token === lease.token ? job : null;
  }

  function firstDue(kinds: string[]): Entry | undefined {
    const now = clock.now();
    return [...jobs.values()]
      .filter((job) => kinds.includes(job.kind))
      .filter((job) => (job.status === 'queued' ? job.runAt <= now : job.status === 'running' && job.leaseUntil < now))
      .sort((left, right) => left.runAt - right.runAt || (left.id < right.id ? -1 : 1))[0];
  }

  return {
    async enqueue({ kind, payload, maxAttempts = 3 }) {
      const id = newId('job');
      const state = { id, kind, status: 'queued', attempts: 0, result: null, error: null } as const;
      const lease = { runAt: clock.now(), token: 0, leaseUntil: 0, workerId: '' };
      jobs.set(id, { ...state, ...lease, payload: structuredClone(payload), maxAttempts, progress: null });
      return id;
    },

    async find(jobId) {
      const job = jobs.get(jobId);
      return job === undefined ? null : toState(job);
    },

    async claim({ kinds, workerId, leaseMs, onAbandoned }) {
      for (;;) {
        const job = firstDue(kinds);
        if (job === undefined) return null;
        job.token += 1;
        if (job.attempts >= job.maxAttempts) {
          job.status = 'dead';
          job.error = { code: 'job_abandoned', detail: 'Its worker ended before the job did.' };
          await onAbandoned?.({ ...toState(job), payload: structuredClone(job.payload) });
          continue;
        }
        job.status = 'running';
        job.attempts += 1;
        job.leaseUntil = clock.now() + leaseMs;
        job.workerId = workerId;
        const { id, kind, attempts: attempt, maxAttempts, token } = job;
        return { id, kind, payload: structuredClone(job.payload), attempt, maxAttempts, lease: { jobId: id, token } };
      }
    },

    async heartbeat(lease, leaseMs) {
      const job = held(lease);
      if (job !== null) job.leaseUntil = clock.now() + leaseMs;
      return job !== null;
    },

    async progress(lease, progress) {
      const job = held(lease);
      if (job !== null) job.progress = progress;
    },

    async complete(lease, result) {
      const job = held(lease);
      if (job !== null) Object.assign(job, { status: 'done', result: structuredClone(result ?? null), error: null });
      return job !== null;
    },

    async retry(lease, error, delayMs) {
      const job = held(lease);
      if (job === null) return 'lost';
      job.status = job.attempts >= job.maxAttempts ? 'dead' : 'queued';
      job.runAt = clock.now() + delayMs;
      job.error = error;
      return job.status;
    },

    async postpone(lease, error, delayMs) {
      const job = held(lease);
      if (job === null) return false;
      Object.assign(job, { status: 'queued', attempts: job.attempts - 1, runAt: clock.now() + delayMs, error });
      return true;
    },

    async fail(lease, error) {
      const job = held(lease);
      if (job !== null) Object.assign(job, { status: 'dead', error });
      return job !== null;
    },

    async expireLeases(workerId) {
      const ended = [...jobs.values()].filter(
        (job) => job.status === 'running' && (workerId === null || job.workerId === workerId),
      );
      for (const job of ended) job.leaseUntil = 0;
      return ended.length;
    },

    async release(lease) {
      const job = held(lease);
      if (job === null) return;
      job.status = 'queued';
      job.attempts -= 1;
    },

    async counts() {
      const counts: Record<JobStatus, number> = { queued: 0, running: 0, done: 0, dead: 0, cancelled: 0 };
      for (const { status } of jobs.values()) counts[status] += 1;
      return counts;
    },

    async cancel(jobId) {
      const job = jobs.get(jobId);
      if (job !== undefined) job.status = 'cancelled';
    },

    progressOf: (jobId) => jobs.get(jobId)?.progress ?? null,
  };
}

function toState({ id, kind, status, attempts, result, error }: Entry): JobState {
  return { id, kind, status, attempts, result, error };
}
