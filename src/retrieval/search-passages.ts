/**
 * Question -> ranked passages: both legs at once, fused by score, every hit checked against SQL, reranked when there is
 * a reranker. It finds passages; it neither reads nor writes answers. An index is never trusted: what it names and SQL
 * does not know as live, for this tenant and these collections, is dropped and counted.
 */
import { AppError, toAppError } from '../domain/errors.js';
import type { Passage, SearchRequest, SearchTimings } from '../domain/passage.js';
import type { Clock } from '../domain/ports/clock.js';
import type { CollectionStore } from '../domain/ports/collection-store.js';
import type { PassageReader } from '../domain/ports/document-store.js';
import type { Embedder } from '../domain/ports/embedder.js';
import type { AppEvents } from '../domain/ports/events.js';
import type { LexicalIndexReader } from '../domain/ports/lexical-index.js';
import type { Reranker } from '../domain/ports/reranker.js';
import type { SearchPassages } from '../domain/ports/search.js';
import type { VectorIndexReader } from '../domain/ports/vector-index.js';
import { type FusedHit, fuseScores } from './fuse-scores.js';
import type { FusionWeights } from './fusion-weights.js';
import { type LiveHit, rerankHits } from './rerank-hits.js';
import { resolveCollections } from './resolve-collections.js';
import { askLexicalLeg, askVectorLeg, type LegQuestion, type LegResult, SKIPPED_LEG } from './search-legs.js';

/** Everything a search needs. */
export interface SearchDeps {
  collections: Pick<CollectionStore, 'find'>;
  lexical: Pick<LexicalIndexReader, 'search'>;
  vectors: VectorIndexReader;
  embedder: Embedder;
  passages: Pick<PassageReader, 'findLive'>;
  reranker: Reranker | null;
  events: Pick<AppEvents, 'searched' | 'hitsDropped' | 'modelFailed'>;
  clock: Clock;
  /** See fusion-weights.ts. */
  weights: FusionWeights;
}

interface Legs {
  lexical: LegResult;
  vector: LegResult;
}

/** Candidates that each leg is asked for, so that fusion, the check and the reranker have something to choose from. */
const MIN_CANDIDATES = 100;
const CANDIDATES_PER_RESULT = 4;
/** Documents may be replaced while a search runs; it is done again, but not for as long as somebody goes on replacing. */
const MAX_REPEATS = 2;

/**
 * The search. When the vector leg fails in hybrid mode the lexical leg answers alone and the search is counted with mode
 * `hybrid-without-vector`.
 * @throws AppError `not_found` for an unknown collection; `search_unavailable` when the vector leg fails in vector mode;
 *         `storage_unavailable` when SQL fails
 */
export function createSearchPassages(deps: SearchDeps): SearchPassages {
  return async function searchPassages(principal, request, signal) {
    const started = deps.clock.now();
    const collectionIds = await resolveCollections(deps.collections, principal, request.collections);
    const limit = Math.max(MIN_CANDIDATES, CANDIDATES_PER_RESULT * request.topK);
    const question = { query: request.query, collectionIds, limit, signal };
    let found = await findHits(deps, { request, question, tenantId: principal.tenantId });
    for (let again = 0; again < MAX_REPEATS && isOutdated(found); again += 1) {
      found = await findHits(deps, { request, question, tenantId: principal.tenantId });
    }
    const { legs, hits, fused } = found;
    reportDropped(deps, found);
    const { query, topK } = request;
    const ranked = await rerankHits(deps, { query, hits, topK, signal });
    const timings = { lexicalMs: legs.lexical.ms, vectorMs: legs.vector.ms, totalMs: deps.clock.now() - started };
    report(deps, { request, legs, timings }, { hits: hits.length, dropped: fused.length - hits.length });
    return { passages: ranked.slice(0, topK).map((hit) => toPassage(hit, request.explain)), timings };
  };
}

/** What one round of both legs gave, and what of it SQL knows as live. */
interface Found {
  legs: Legs;
  fused: FusedHit[];
  hits: LiveHit[];
}

async function findHits(
  deps: SearchDeps,
  { request, question, tenantId }: { request: SearchRequest; question: LegQuestion; tenantId: string },
): Promise<Found> {
  const legs = await askLegs(deps, request, question);
  question.signal?.throwIfAborted();
  const fused = fuseScores([
    { weight: answered(legs.lexical) ? deps.weights.lexical : 0, hits: legs.lexical.hits },
    { weight: answered(legs.vector) ? deps.weights.vector : 0, hits: legs.vector.hits },
  ]);
  const { collectionIds } = question;
  return { legs, fused, hits: await keepLive(deps, { tenantId, collectionIds }, fused) };
}

/**
 * True when a document got a new version, or was deleted, between the legs and the check: the lexical leg names live passages
 * only, so one that is not live any more was overtaken. Vectors of a version that is not live yet are nothing unusual.
 */
function isOutdated({ fused, hits }: Found): boolean {
  return named(fused, 0) > named(hits, 0) || (hits.length === 0 && fused.length > 0);
}

/** How many of the hits a leg has named. */
function named(hits: FusedHit[], leg: number): number {
  return hits.filter(({ legScores }) => legScores[leg] !== null).length;
}

async function askLegs(deps: SearchDeps, { mode }: SearchRequest, question: LegQuestion): Promise<Legs> {
  const [lexical, vector] = await Promise.all([
    mode === 'vector' ? SKIPPED_LEG : askLexicalLeg(deps, question),
    mode === 'lexical' ? SKIPPED_LEG : askVectorLeg(deps, question),
  ]);
  question.signal?.throwIfAborted();
  if (lexical.error !== undefined) throw lexical.error;
  if (vector.error !== undefined) reportVectorFailure(deps, vector.error);
  if (vector.error !== undefined && mode === 'vector') throw searchUnavailable(vector.error);
  return { lexical, vector };
}

function answered(leg: LegResult): boolean {
  return leg !== SKIPPED_LEG && leg.error === undefined;
}

function reportVectorFailure({ events, embedder }: SearchDeps, error: unknown): void {
  const { code } = toAppError(error);
  if (code === 'search_unavailable') return;
  events.modelFailed({ model: embedder.id, code, cause: error });
}

function searchUnavailable(cause: unknown): AppError {
  if (cause instanceof AppError && cause.code === 'search_unavailable') return cause;
  return new AppError('search_unavailable', 'The vector search cannot be reached; mode "lexical" works without it.', {
    cause,
    retryAfterSeconds: 5,
  });
}

/** The hits that SQL knows as live for the tenant and the collections, in order. */
async function keepLive(
  deps: SearchDeps,
  scope: { tenantId: string; collectionIds: string[] },
  fused: FusedHit[],
): Promise<LiveHit[]> {
  if (fused.length === 0) return [];
  const live = await deps.passages.findLive({ ...scope, passageIds: fused.map(({ id }) => id) });
  const byId = new Map(live.map((passage) => [passage.id, passage]));
  return fused.flatMap((hit): LiveHit[] => {
    const passage = byId.get(hit.id);
    return passage === undefined ? [] : [{ ...hit, passage, rerankScore: null }];
  });
}

function reportDropped({ events }: SearchDeps, { fused, hits }: Found): void {
  for (const [index, leg] of (['lexical', 'vector'] as const).entries()) {
    const count = named(fused, index) - named(hits, index);
    if (count > 0) events.hitsDropped({ leg, count });
  }
}

function report(
  { events }: SearchDeps,
  { request, legs, timings }: { request: SearchRequest; legs: Legs; timings: SearchTimings },
  counts: { hits: number; dropped: number },
): void {
  const degraded = request.mode === 'hybrid' && legs.vector.error !== undefined;
  events.searched({
    mode: degraded ? 'hybrid-without-vector' : request.mode,
    ...counts,
    totalMs: timings.totalMs,
  });
}

function toPassage({ passage, score, legScores, rerankScore }: LiveHit, explain: boolean): Passage {
  if (!explain) return { ...passage, score };
  const [lexical = null, vector = null] = legScores;
  return { ...passage, score, scores: { lexical, vector, rerank: rerankScore } };
}
