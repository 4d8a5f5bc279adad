import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job, JobQueue, JobState } from '../../src/domain/ports/job-queue.js';

/** An empty queue, seen by several workers, and what other parts of the product do to its jobs. */
export interface JobQueueSubject {
  queue: JobQueue;
  /** The same queue over connections of their own. */
  others: JobQueue[];
  cancel(jobId: string): Promise<void>;
  progressOf(jobId: string): Promise<{ stage: string; done: number; total: number } | null>;
}

const LEASE_MS = 60_000;
const ERROR = { code: 'internal_error', detail: 'it broke' };

/** What every job queue must do. */
export function describeJobQueueContract(
  name: string,
  makeSubject: () => Promise<JobQueueSubject>,
  dispose: () => Promise<void> = async () => {},
): void {
  describe(`${name} as a job queue`, () => {
    let subject: JobQueueSubject;
    let queue: JobQueue;

    beforeEach(async () => {
      subject = await makeSubject();
      queue = subject.queue;
    });
    afterAll(dispose);

    const claim = (options: Partial<Parameters<JobQueue['claim']>[0]> = {}) =>
      queue.claim({ kinds: ['work'], workerId: 'one', leaseMs: LEASE_MS, ...options });
    const send = (payload: unknown = null, maxAttempts = 3) => queue.enqueue({ kind: 'work', payload, maxAttempts });

    async function mustClaim(leaseMs = LEASE_MS): Promise<Job> {
      const job = await claim({ leaseMs });
      if (job === null) throw new Error('no job was due');
      return job;
    }

    /** Claims with a lease that has run out by the time this returns. */
    async function claimAndVanish(): Promise<Job> {
      const job = await mustClaim(1);
      await sleep(10);
      return job;
    }

    it('gives a job with its payload once, and its result afterwards', async () => {
      const id = await send({ text: 'ä\0"', list: [1, null] });
      const job = await mustClaim();
      expect(job).toMatchObject({
        id,
        kind: 'work',
        payload: { text: 'ä\0"', list: [1, null] },
        attempt: 1,
        maxAttempts: 3,
      });
      expect(await claim()).toBeNull();
      expect(await queue.find(id)).toMatchObject({ status: 'running', attempts: 1, result: null, error: null });
      expect(await queue.complete(job.lease, { made: 2 })).toBe(true);
      expect(await queue.find(id)).toEqual({
        id,
        kind: 'work',
        status: 'done',
        attempts: 1,
        result: { made: 2 },
        error: null,
      });
      expect(await claim()).toBeNull();
    });

    it('completes without a result and knows no job that was never sent', async () => {
      const id = await send();
      await queue.complete((await mustClaim()).lease);
      expect(await queue.find(id)).toMatchObject({ status: 'done', result: null });
      expect(await queue.find('job_none')).toBeNull();
    });

    it('gives only jobs of the kinds asked for', async () => {
      await send();
      expect(await claim({ kinds: ['other'] })).toBeNull();
      expect(await claim({ kinds: [] })).toBeNull();
      expect(await claim({ kinds: ['other', 'work'] })).not.toBeNull();
    });

    it('gives the job that has waited longest first', async () => {
      const ids: string[] = [];
      for (let sent = 0; sent < 4; sent += 1) {
        ids.push(await send(sent));
        await sleep(3);
      }
      const taken = [await mustClaim(), await mustClaim(), await mustClaim(), await mustClaim()];
      expect(taken.map(({ id }) => id)).toEqual(ids);
    });

    it('gives a job whose holder vanished to the next worker and refuses the first one from then on', async () => {
      const id = await send();
      const lost = await claimAndVanish();
      const job = await mustClaim();
      expect(job).toMatchObject({ id, attempt: 2 });
      expect(job.lease.token).toBeGreaterThan(lost.lease.token);
      expect(await queue.heartbeat(lost.lease, LEASE_MS)).toBe(false);
      expect(await queue.complete(lost.lease, 'stale')).toBe(false);
      expect(await queue.fail(lost.lease, ERROR)).toBe(false);
      expect(await queue.retry(lost.lease, ERROR, 0)).toBe('lost');
      await queue.progress(lost.lease, { stage: 'stale', done: 9, total: 9 });
      await queue.release(lost.lease);
      expect(await queue.find(id)).toMatchObject({ status: 'running', attempts: 2, error: null });
      expect((await subject.progressOf(id))?.stage).not.toBe('stale');
      expect(await queue.complete(job.lease, 'fresh')).toBe(true);
      expect(await queue.find(id)).toMatchObject({ status: 'done', result: 'fresh' });
    });

    it('gives the jobs of a worker that is known to be gone at once, and only those', async () => {
      const leaseMs = 60_000;
      const gone = await send();
      await claim({ leaseMs, workerId: 'gone' });
      const kept = await send();
      await claim({ leaseMs, workerId: 'alive' });
      expect(await queue.expireLeases('gone')).toBe(1);
      const job = await mustClaim();
      expect(job).toMatchObject({ id: gone, attempt: 2 });
      expect(await claim()).toBeNull();
      expect(await queue.find(kept)).toMatchObject({ status: 'running', attempts: 1 });
      expect(await queue.expireLeases(null)).toBe(2);
    });

    it('lets a holder go on with a lease that ran out while nobody took the job', async () => {
      await send();
      const job = await claimAndVanish();
      expect(await queue.heartbeat(job.lease, LEASE_MS)).toBe(true);
      expect(await claim()).toBeNull();
      expect(await queue.complete(job.lease)).toBe(true);
    });

    it('keeps the progress that the holder reports', async () => {
      const id = await send();
      const job = await mustClaim();
      await queue.progress(job.lease, { stage: 'embed', done: 3, total: 8 });
      expect(await subject.progressOf(id)).toEqual({ stage: 'embed', done: 3, total: 8 });
    });

    it('puts a retried job back after its delay, until the attempts are used up', async () => {
      const id = await send(null, 2);
      expect(await queue.retry((await mustClaim()).lease, ERROR, 40)).toBe('queued');
      expect(await claim()).toBeNull();
      expect(await queue.find(id)).toMatchObject({ status: 'queued', attempts: 1, error: ERROR });
      const again = await vi.waitUntil(() => claim(), { timeout: 5000, interval: 10 });
      expect(again?.attempt).toBe(2);
      expect(await queue.retry((again as Job).lease, ERROR, 0)).toBe('dead');
      expect(await claim()).toBeNull();
      expect(await queue.find(id)).toMatchObject({ status: 'dead', attempts: 2, error: ERROR });
    });

    it('puts a postponed job back without counting, however often', async () => {
      const id = await send(null, 2);
      for (let time = 0; time < 5; time += 1) {
        const job = await mustClaim();
        expect(job.attempt).toBe(1);
        expect(await queue.postpone(job.lease, ERROR, 0)).toBe(true);
        expect(await queue.postpone(job.lease, ERROR, 0)).toBe(false);
        await sleep(3);
      }
      expect(await queue.find(id)).toMatchObject({ status: 'queued', attempts: 0, error: ERROR });
    });

    it('forgets the error of an earlier attempt when the job is done', async () => {
      const id = await send();
      await queue.retry((await mustClaim()).lease, ERROR, 0);
      await queue.complete((await mustClaim()).lease);
      expect(await queue.find(id)).toMatchObject({ status: 'done', error: null });
    });

    it('never gives a failed job again', async () => {
      const id = await send();
      expect(await queue.fail((await mustClaim()).lease, ERROR)).toBe(true);
      expect(await claim()).toBeNull();
      expect(await queue.find(id)).toMatchObject({ status: 'dead', error: ERROR });
    });

    it('does not count an attempt that was given back', async () => {
      const id = await send(null, 1);
      await queue.release((await mustClaim()).lease);
      expect(await queue.find(id)).toMatchObject({ status: 'queued', attempts: 0 });
      const job = await mustClaim();
      expect(job).toMatchObject({ attempt: 1 });
      expect(await queue.complete(job.lease)).toBe(true);
    });

    it('buries a job that kills every worker, tells so, and goes on with the others', async () => {
      const poison = await send({ file: 'bad' }, 2);
      await sleep(3);
      const good = await send({ file: 'good' });
      await claimAndVanish();
      await claimAndVanish();
      const abandoned: (JobState & { payload: unknown })[] = [];
      const next = await claim({ onAbandoned: async (job) => void abandoned.push(job) });
      expect(next?.id).toBe(good);
      expect(abandoned).toHaveLength(1);
      expect(abandoned[0]).toMatchObject({
        id: poison,
        status: 'dead',
        attempts: 2,
        payload: { file: 'bad' },
        error: { code: 'job_abandoned' },
      });
      expect(await queue.find(poison)).toMatchObject({ status: 'dead', error: { code: 'job_abandoned' } });
    });

    it('tells the holder of a cancelled job to stop', async () => {
      const id = await send();
      const { lease } = await mustClaim();
      await subject.cancel(id);
      expect(await queue.heartbeat(lease, LEASE_MS)).toBe(false);
      expect(await queue.complete(lease)).toBe(false);
      expect(await claim()).toBeNull();
      expect(await queue.find(id)).toMatchObject({ status: 'cancelled' });
    });

    it('counts jobs by status', async () => {
      expect(await queue.counts()).toEqual({ queued: 0, running: 0, done: 0, dead: 0, cancelled: 0 });
      for (let sent = 0; sent < 5; sent += 1) await send();
      await queue.complete((await mustClaim()).lease);
      await queue.fail((await mustClaim()).lease, ERROR);
      await subject.cancel((await mustClaim()).id);
      await mustClaim();
      expect(await queue.counts()).toEqual({ queued: 1, running: 1, done: 1, dead: 1, cancelled: 1 });
    });

    it('has every one of 500 jobs done once by four workers', { timeout: 90_000 }, async () => {
      const sent = new Set<string>();
      for (let at = 0; at < 500; at += 1) sent.add(await send({ at }));
      const done: string[] = [];
      const work = async (worker: JobQueue, workerId: string) => {
        for (;;) {
          const job = await worker.claim({ kinds: ['work'], workerId, leaseMs: LEASE_MS });
          if (job === null) return;
          expect(job.attempt).toBe(1);
          if (await worker.complete(job.lease)) done.push(job.id);
        }
      };
      await Promise.all([queue, ...subject.others].map((worker, at) => work(worker, `worker-${at}`)));
      expect(done).toHaveLength(500);
      expect(new Set(done)).toEqual(sent);
    });
  });
}
