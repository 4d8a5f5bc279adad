/** The two ways passages are found, each over all collections of a search. They rank ids and vouch for nothing. */
import type { Clock } from '../domain/ports/clock.js';
import type { Embedder } from '../domain/ports/embedder.js';
import type { LexicalIndexReader } from '../domain/ports/lexical-index.js';
import type { VectorIndexReader } from '../domain/ports/vector-index.js';
import { analyseQuery } from '../domain/text/analyse-terms.js';
import type { ScoredId } from './fuse-scores.js';

/** What a leg found, with the time it took; `error` set instead when it could not be asked. */
export interface LegResult {
  hits: ScoredId[];
  ms: number;
  error: unknown;
}

/** A leg that was not asked. */
export const SKIPPED_LEG: LegResult = { hits: [], ms: 0, error: undefined };

/** What every leg is asked. */
export interface LegQuestion {
  query: string;
  collectionIds: string[];
  /** Hits per collection. */
  limit: number;
  signal: AbortSignal | undefined;
}

/** Ranks by words. Never throws; see {@link LegResult}. */
export async function askLexicalLeg(
  deps: { lexical: Pick<LexicalIndexReader, 'search'>; clock: Clock },
  { query, collectionIds, limit }: LegQuestion,
): Promise<LegResult> {
  return timed(deps.clock, async () => {
    const terms = analyseQuery(query);
    if (terms.length === 0) return [];
    const found = await Promise.all(
      collectionIds.map((collectionId) => deps.lexical.search({ collectionId, terms, limit })),
    );
    return found.flat().map(({ passageId, score }) => ({ id: passageId, score }));
  });
}

/** Ranks by nearness of vectors. Never throws; see {@link LegResult}. */
export async function askVectorLeg(
  deps: { vectors: VectorIndexReader; embedder: Embedder; clock: Clock },
  { query, collectionIds, limit, signal }: LegQuestion,
): Promise<LegResult> {
  return timed(deps.clock, async () => {
    const vector = await deps.embedder.embedQuery(query, signal);
    const found = await Promise.all(
      collectionIds.map((collectionId) => deps.vectors.nearest({ collectionId, vector, limit })),
    );
    return found.flat().map(({ passageId, similarity }) => ({ id: passageId, score: similarity }));
  });
}

async function timed(clock: Clock, ask: () => Promise<ScoredId[]>): Promise<LegResult> {
  const started = clock.now();
  try {
    const hits = await ask();
    return { hits, ms: clock.now() - started, error: undefined };
  } catch (error) {
    return { hits: [], ms: clock.now() - started, error: error ?? new Error('unknown') };
  }
}
