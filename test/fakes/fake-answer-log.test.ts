import { describeAnswerLogContract } from '../contract/answer-log.js';
import { createFakeAnswerLog } from './fake-answer-log.js';

describeAnswerLogContract('the fake', async () => {
  const log = createFakeAnswerLog();
  return { log, other: log, feedbackOf: async (answerId) => log.feedbackOf(answerId) };
});
