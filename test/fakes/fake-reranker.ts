import type { Reranker } from '../../src/domain/ports/reranker.js';

/** Counts the words a text shares with the question. */
export function createFakeReranker(): Reranker {
  return {
    id: 'fake:words',
    score: async (query, texts, signal) => {
      signal?.throwIfAborted();
      const words = new Set(query.toLowerCase().split(/\W+/));
      return texts.map(
        (text) =>
          text
            .toLowerCase()
            .split(/\W+/)
            .filter((word) => words.has(word)).length,
      );
    },
  };
}
