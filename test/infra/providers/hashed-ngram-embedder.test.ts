import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHashedNgramEmbedder } from '../../../src/infra/providers/hashed-ngram-embedder.js';

const embedder = createHashedNgramEmbedder();
const cosine = (a: number[], b: number[]) => a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
const similarity = async (a: string, b: string) => cosine(await embedder.embedQuery(a), await embedder.embedQuery(b));

describe('createHashedNgramEmbedder', () => {
  it('names itself and its dimension', () => {
    expect(embedder).toMatchObject({ id: 'builtin:hashed-ngrams-1', dimension: 1024 });
  });

  it('puts texts with the same words, other word forms and typing errors near, others far', async () => {
    const base = 'annual holiday entitlement of employees';
    expect(await similarity(base, 'employees: holiday entitlement, annual')).toBeGreaterThan(0.95);
    expect(await similarity(base, 'anual holliday entitelment of employes')).toBeGreaterThan(0.4);
    expect(await similarity('Mitarbeiterinnen', 'Mitarbeiter')).toBeGreaterThan(0.5);
    expect(await similarity(base, 'quantum chromodynamics on a lattice')).toBeLessThan(0.15);
  });

  it('gives one finite vector of length 1 a text, in order, the same every time, for any text', async () => {
    const texts = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.lorem(), fc.constantFrom('', '...', 'the of and', '😀', '漢字')),
      {
        maxLength: 40,
      },
    );
    await fc.assert(
      fc.asyncProperty(texts, async (some) => {
        const vectors = await embedder.embedPassages(some);
        expect(vectors).toHaveLength(some.length);
        for (const [index, vector] of vectors.entries()) {
          expect(vector).toHaveLength(1024);
          expect(vector.every(Number.isFinite)).toBe(true);
          expect(cosine(vector, vector)).toBeCloseTo(1, 9);
          expect(vector).toEqual(await embedder.embedQuery(some[index] as string));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('lets the event loop turn during a batch and stops when told', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await embedder.embedPassages(new Array<string>(256).fill('some words about holidays and employees '.repeat(50)));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    await expect(embedder.embedPassages(['a'], AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
