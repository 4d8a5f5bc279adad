import { describeRerankerContract } from '../contract/reranker.js';
import { createFakeReranker } from './fake-reranker.js';

describeRerankerContract('the fake', async () => ({ reranker: createFakeReranker(), close: async () => {} }));
