import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reranker } from '../../src/domain/ports/reranker.js';

export interface RerankerSubject {
  reranker: Reranker;
  close(): Promise<void>;
}

/** What every reranker must do. */
export function describeRerankerContract(name: string, makeSubject: () => Promise<RerankerSubject>): void {
  describe(`${name} as a reranker`, () => {
    let subject: RerankerSubject;
    beforeAll(async () => {
      subject = await makeSubject();
    });
    afterAll(() => subject.close());

    it('scores every text, in the order of the texts, the fitting one highest', async () => {
      const texts = ['Taxi rides are free.', 'The probation period lasts six months.', 'Nothing.'];
      const scores = await subject.reranker.score('How long is the probation period?', texts);
      expect(scores).toHaveLength(3);
      expect(scores.every(Number.isFinite)).toBe(true);
      expect(scores.indexOf(Math.max(...scores))).toBe(1);
    });

    it('gives no scores for no texts', async () => {
      expect(await subject.reranker.score('x', [])).toEqual([]);
    });

    it('stops when its signal is aborted', async () => {
      await expect(subject.reranker.score('x', ['y'], AbortSignal.abort())).rejects.toMatchObject({
        name: 'AbortError',
      });
    });
  });
}
