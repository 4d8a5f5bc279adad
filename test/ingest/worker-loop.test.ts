import { describe, expect, it, vi } from 'vitest';
import { type JobHandler, startWorkerLoop } from '../../ingest/worker-loop.js';
import { INGEST_DOCUMENT } from '../../src/domain/jobs/ingest-document.js';
import { REMOVE_DOCUMENT } from '../../src/domain/jobs/remove-document.js';
import { createFakeEvents } from '../fakes/fake-events.js';
import { createFakeJobQueue } from '../fakes/fake-job-queue.js';

function startLoop(handlers: Record<string, JobHandler>, queue = createFakeJobQueue()) {
  const events = createFakeEvents();
  const onAbandoned = vi.fn(async () => {});
  const loop = startWorkerLoop({
    queue,
    handlers,
    events,
    workerId: 'w1',
    leaseMs: 90,
    concurrency: 1,
    idleMs: 5,
    onAbandoned,
  });
  return { queue, events, onAbandoned, loop };
}

describe('startWorkerLoop', () => {
  it('runs a job, keeps its result and stops on demand', async () => {
    const { queue, loop } = startLoop({ [INGEST_DOCUMENT]: async () => ({ kind: 'done', result: { passages: 3 } }) });
    const id = await queue.enqueue({ kind: INGEST_DOCUMENT, payload: {} });
    await vi.waitFor(async () => expect((await queue.find(id))?.status).toBe('done'));
    expect((await queue.find(id))?.result).toEqual({ passages: 3 });
    await loop.stop();
  });

  it('removes a document while a long ingestion holds its lane', async () => {
    let finish = () => {};
    const longWork = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { queue, loop } = startLoop({
      [INGEST_DOCUMENT]: async () => {
        await longWork;
        return { kind: 'done' };
      },
      [REMOVE_DOCUMENT]: async () => ({ kind: 'done' }),
    });
    await queue.enqueue({ kind: INGEST_DOCUMENT, payload: {} });
    const removal = await queue.enqueue({ kind: REMOVE_DOCUMENT, payload: {} });
    await vi.waitFor(async () => expect((await queue.find(removal))?.status).toBe('done'));
    finish();
    await loop.stop();
  });

  it('tries again after an unexpected error and gives up after the last attempt', async () => {
    const { queue, events, loop } = startLoop({
      [INGEST_DOCUMENT]: async () => {
        throw new Error('boom');
      },
    });
    const id = await queue.enqueue({ kind: INGEST_DOCUMENT, payload: {}, maxAttempts: 1 });
    await vi.waitFor(async () => expect((await queue.find(id))?.status).toBe('dead'));
    expect((await queue.find(id))?.error?.code).toBe('internal_error');
    expect(events.recorded.some((event) => event.name === 'jobDead')).toBe(true);
    await loop.stop();
  });

  it('aborts the work when the lease is gone and leaves the job to its new holder', async () => {
    let reason: unknown = null;
    const { queue, loop } = startLoop({
      [INGEST_DOCUMENT]: (_job, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            reject(signal.reason);
          });
        }),
    });
    vi.spyOn(queue, 'heartbeat').mockResolvedValue(false);
    await queue.enqueue({ kind: INGEST_DOCUMENT, payload: {} });
    await vi.waitFor(() => expect((reason as Error | null)?.constructor.name).toBe('LeaseLostError'));
    await loop.stop();
  });

  it('gives a running job back unharmed when it stops', async () => {
    const { queue, loop } = startLoop({
      [INGEST_DOCUMENT]: (_job, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const id = await queue.enqueue({ kind: INGEST_DOCUMENT, payload: {} });
    await vi.waitFor(async () => expect((await queue.find(id))?.status).toBe('running'));
    await loop.stop();
    const state = await queue.find(id);
    expect(state?.status).toBe('queued');
    expect(state?.attempts).toBe(0);
  });
});
