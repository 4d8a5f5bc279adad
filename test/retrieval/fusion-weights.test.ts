import { describe, expect, it } from 'vitest';
import { fusionWeights } from '../../src/retrieval/fusion-weights.js';

describe('fusionWeights', () => {
  it('gives the built-in embedder a small say and others a larger one; shares sum to 1', () => {
    const builtin = fusionWeights('builtin:hashed-ngrams-1');
    const other = fusionWeights('openai:text-embedding-3-small');
    expect(builtin.vector).toBeLessThan(other.vector);
    for (const { lexical, vector } of [builtin, other]) expect(lexical + vector).toBeCloseTo(1);
  });
});
