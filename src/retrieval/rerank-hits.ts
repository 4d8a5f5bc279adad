import { toAppError } from '../domain/errors.js';
import type { StoredPassage } from '../domain/passage.js';
import type { AppEvents } from '../domain/ports/events.js';
import type { Reranker } from '../domain/ports/reranker.js';
import { indexText } from '../domain/text/index-text.js';
import type { FusedHit } from './fuse-scores.js';

/** A hit that SQL vouches for. */
export interface LiveHit extends FusedHit {
  passage: StoredPassage;
  rerankScore: number | null;
}

/** Fewest candidates that are reranked. */
const RERANK_DEPTH = 30;

/** What is reranked, and how many are wanted in the end. */
export interface RerankInput {
  query: string;
  hits: LiveHit[];
  topK: number;
  signal: AbortSignal | undefined;
}

/**
 * The first candidates in the reranker's order, which then is their score; candidates it was not asked about are left
 * out. Without a reranker, or when it fails, the hits as they are: search does not depend on it.
 */
export async function rerankHits(
  deps: { reranker: Reranker | null; events: Pick<AppEvents, 'modelFailed'> },
  { query, hits, topK, signal }: RerankInput,
): Promise<LiveHit[]> {
  const { reranker } = deps;
  if (reranker === null || hits.length < 2) return hits;
  const candidates = hits.slice(0, Math.max(RERANK_DEPTH, topK));
  try {
    const texts = candidates.map(({ passage }) =>
      indexText({ title: passage.documentTitle, heading: passage.heading, context: '', text: passage.text }),
    );
    const scores = await reranker.score(query, texts, signal);
    return candidates
      .map((hit, index) => {
        const score = scores[index] ?? Number.NEGATIVE_INFINITY;
        return { ...hit, score, rerankScore: score };
      })
      .sort((a, b) => b.score - a.score);
  } catch (error) {
    signal?.throwIfAborted();
    deps.events.modelFailed({ model: reranker.id, code: toAppError(error).code, cause: error });
    return hits;
  }
}
