import { describeJobQueueContract } from '../contract/job-queue.js';
import { createFakeJobQueue } from './fake-job-queue.js';

describeJobQueueContract('the fake', async () => {
  const queue = createFakeJobQueue();
  return {
    queue,
    others: [queue, queue, queue],
    cancel: queue.cancel,
    progressOf: async (jobId) => queue.progressOf(jobId),
  };
});
