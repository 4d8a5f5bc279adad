/** Shares of the lexical and the vector leg in a fused score; they sum to 1. */
export interface FusionWeights {
  lexical: number;
  vector: number;
}

/**
 * Share of the vector leg by embedder, from evaluation (XQuAD en, de, zh, ar): the built-in embedder sees little that the
 * lexical index with its n-grams does not, so it gets a small say, above which hit@1 falls.
 */
const VECTOR_SHARES: { idPrefix: string; share: number }[] = [{ idPrefix: 'builtin:hashed-ngrams-', share: 0.15 }];

/** For embedders that were not evaluated; a sentence embedder was best between 0.4 and 0.6 in English. */
const DEFAULT_VECTOR_SHARE = 0.4;

/** The weights that go with an embedder's id. */
export function fusionWeights(embedderId: string): FusionWeights {
  const vector = VECTOR_SHARES.find(({ idPrefix }) => embedderId.startsWith(idPrefix))?.share ?? DEFAULT_VECTOR_SHARE;
  return { lexical: 1 - vector, vector };
}
