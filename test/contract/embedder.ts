import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '../../src/domain/ports/embedder.js';

export interface EmbedderSubject {
  embedder: Embedder;
  close(): Promise<void>;
}

const TEXTS = [
  'The probation period lasts six months.',
  'Taxi rides are reimbursed.',
  'Die Probezeit dauert sechs Monate.',
];

function length(vector: number[]): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

/** What every embedder must do. */
export function describeEmbedderContract(name: string, makeSubject: () => Promise<EmbedderSubject>): void {
  describe(`${name} as an embedder`, () => {
    let subject: EmbedderSubject;
    beforeAll(async () => {
      subject = await makeSubject();
    });
    afterAll(() => subject.close());

    it('gives one vector a text, in order, of its dimension and of length one', async () => {
      const { embedder } = subject;
      const vectors = await embedder.embedPassages(TEXTS);
      expect(vectors).toHaveLength(TEXTS.length);
      for (const [index, vector] of vectors.entries()) {
        expect(vector).toHaveLength(embedder.dimension);
        expect(length(vector)).toBeCloseTo(1, 4);
        const [alone] = await embedder.embedPassages([TEXTS[index] as string]);
        expect(alone?.map((value) => value.toFixed(5))).toEqual(vector.map((value) => value.toFixed(5)));
      }
    });

    it('gives vectors for more texts than one batch, and none for none', async () => {
      const { embedder } = subject;
      const texts = Array.from({ length: embedder.batchSize + 3 }, (_, index) => `Text number ${index}.`);
      expect(await embedder.embedPassages(texts)).toHaveLength(texts.length);
      expect(await embedder.embedPassages([])).toEqual([]);
    });

    it('gives a question a vector of the same dimension', async () => {
      const vector = await subject.embedder.embedQuery('How long is the probation period?');
      expect(vector).toHaveLength(subject.embedder.dimension);
      expect(length(vector)).toBeCloseTo(1, 4);
    });

    it('gives finite vectors for odd texts', async () => {
      for (const vector of await subject.embedder.embedPassages([' ', '...', '😀', 'a'.repeat(20_000)])) {
        expect(vector.every(Number.isFinite)).toBe(true);
      }
    });

    it('stops when its signal is aborted', async () => {
      await expect(subject.embedder.embedPassages(TEXTS, AbortSignal.abort())).rejects.toMatchObject({
        name: 'AbortError',
      });
    });

    it('has a name and a sensible batch size', () => {
      expect(subject.embedder.id).toMatch(/^[a-z]+:\S+$/);
      expect(subject.embedder.batchSize).toBeGreaterThan(0);
    });
  });
}
