/**
 * Rerankers that speak HTTP: with a model name in the manner of Cohere, Jina and vLLM (`{model, query, documents}` ->
 * `{results: [{index, relevance_score}]}`), without one in that of text-embeddings-inference (`{query, texts}` ->
 * `[{index, score}]`). Both answers are understood in either case.
 */
import { z } from 'zod';
import { AppError } from '../../domain/errors.js';
import type { Reranker } from '../../domain/ports/reranker.js';
import { ProviderFailure, readProviderFailure, timeoutFailure } from './provider-failure.js';
import { createProviderFetch } from './provider-fetch.js';
import { createProviderPolicy, type ProviderPolicyOptions } from './provider-policy.js';
import { raceAbort } from './race-abort.js';

export interface HttpRerankerOptions {
  /** Full address of the endpoint. */
  url: string;
  model: string | null;
  apiKey: string | null;
  timeoutMs?: number;
  policy?: ProviderPolicyOptions;
}

const scoredSchema = z
  .object({ index: z.int().min(0), relevance_score: z.number().optional(), score: z.number().optional() })
  .transform(({ index, relevance_score, score }) => ({ index, score: relevance_score ?? score ?? Number.NaN }));
const answerSchema = z.union([
  z.array(scoredSchema),
  z.object({ results: z.array(scoredSchema) }).transform(({ results }) => results),
]);

/** A reranker behind an address. */
export function createHttpReranker(options: HttpRerankerOptions): Reranker {
  const policy = createProviderPolicy(options.policy);
  return {
    id: `http:${options.model ?? 'default'}`,
    score: async (query, texts, signal) => {
      if (texts.length === 0) return [];
      signal?.throwIfAborted();
      try {
        const running = policy.run(() => callOnce(options, { query, texts, signal }), signal);
        return orderScores(await raceAbort(running, signal), texts.length);
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason;
        throw readProviderFailure(error).error;
      }
    },
  };
}

interface RerankCall {
  query: string;
  texts: string[];
  signal: AbortSignal | undefined;
}

async function callOnce(
  { url, model, apiKey, timeoutMs = 10_000 }: HttpRerankerOptions,
  { query, texts, signal }: RerankCall,
): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const joined = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const body = model === null ? { query, texts } : { model, query, documents: texts, top_n: texts.length };
  try {
    const response = await createProviderFetch({ signal: joined })(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw Object.assign(new Error('HTTP'), { status: response.status, headers: response.headers });
    }
    return await response.json();
  } catch (error) {
    if (timeout.aborted) throw timeoutFailure('to rank');
    throw readProviderFailure(error);
  }
}

/** Scores in the order of the texts. @throws ProviderFailure `model_failed` unless there is exactly one for each */
function orderScores(answer: unknown, count: number): number[] {
  const parsed = answerSchema.safeParse(answer);
  const scores = new Map(parsed.data?.map(({ index, score }) => [index, score]));
  const complete = parsed.success && parsed.data.length === count && scores.size === count;
  const ordered = Array.from({ length: count }, (_, index) => scores.get(index) ?? Number.NaN);
  if (complete && ordered.every(Number.isFinite)) return ordered;
  throw new ProviderFailure(new AppError('model_failed', 'The reranker did not give one score for each passage.'));
}
