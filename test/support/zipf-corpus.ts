import type { WeightedTerm } from '../../src/domain/ports/lexical-index.js';

/** Random numbers in [0, 1) that a seed decides (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws words whose frequencies fall like those of a language (Zipf-Mandelbrot law). */
export function zipfWords(random: () => number, vocabulary: number): () => string {
  const cumulated = new Float64Array(vocabulary);
  let sum = 0;
  for (let rank = 0; rank < vocabulary; rank += 1) {
    sum += 1 / (rank + 2.7);
    cumulated[rank] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = vocabulary - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] ?? sum) < wanted) low = middle + 1;
      else high = middle;
    }
    return `w${low.toString(36)}`;
  };
}

/** Words as terms, each word once with its count as weight. */
export function countTerms(words: string[]): { terms: WeightedTerm[]; length: number } {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { terms: Array.from(counts, ([term, weight]) => ({ term, weight })), length: words.length };
}
