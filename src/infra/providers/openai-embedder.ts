/**
 * Embeddings from OpenAI or any server that imitates it, through LangChain's `OpenAIEmbeddings`. Every answer is checked:
 * a wrong count, dimension or number refuses the whole batch, so nothing half-right reaches an index.
 */
import { AppError } from '../../domain/errors.js';
import type { Embedder } from '../../domain/ports/embedder.js';
import { ProviderFailure, readProviderFailure, timeoutFailure } from './provider-failure.js';
import { createProviderFetch } from './provider-fetch.js';
import { createProviderPolicy, type ProviderPolicyOptions } from './provider-policy.js';
import { raceAbort } from './race-abort.js';

export interface OpenAiEmbedderOptions {
  /** Name at the provider, without a prefix. */
  model: string;
  /** Null: OpenAI itself. */
  baseUrl: string | null;
  apiKey: string | null;
  /** Null: asked of the provider by one call. */
  dimension: number | null;
  batchSize?: number;
  /** Longest wait for one batch. */
  timeoutMs?: number;
  policy?: ProviderPolicyOptions;
}

/** OpenAI's models of this family shorten their vectors on request; others refuse the parameter. */
const SHORTENS = /^text-embedding-3-/;

/**
 * Makes the embedder; without a dimension it makes one call.
 * @throws AppError `model_unavailable`, `embedding_failed` from that call
 */
export async function createOpenAiEmbedder(options: OpenAiEmbedderOptions): Promise<Embedder> {
  const { model, batchSize = 64 } = options;
  const embed = createBatchEmbed(options);
  const dimension = options.dimension ?? (await embed(['dimension'], null))[0]?.length ?? 0;
  return {
    id: `openai:${model}${options.dimension !== null && SHORTENS.test(model) ? `@${dimension}` : ''}`,
    dimension,
    batchSize,
    embedPassages: async (texts, signal) => {
      const vectors: number[][] = [];
      for (let start = 0; start < texts.length; start += batchSize) {
        vectors.push(...(await embed(texts.slice(start, start + batchSize), dimension, signal)));
      }
      return vectors;
    },
    embedQuery: async (text, signal) => {
      const [vector] = await embed([text], dimension, signal);
      if (vector === undefined) throw new AppError('embedding_failed', 'The embedding model gave no vector.');
      return vector;
    },
  };
}

type BatchEmbed = (texts: string[], dimension: number | null, signal?: AbortSignal) => Promise<number[][]>;

function createBatchEmbed(options: OpenAiEmbedderOptions): BatchEmbed {
  const policy = createProviderPolicy(options.policy);
  return async (texts, dimension, signal) => {
    signal?.throwIfAborted();
    try {
      const running = policy.run(() => callOnce(options, texts, signal), signal);
      return checkVectors(await raceAbort(running, signal), { count: texts.length, dimension });
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw readProviderFailure(error, 'embedding_failed').error;
    }
  };
}

/** One request. The client is made anew because LangChain takes a signal through `fetch` only; connections are pooled below. */
async function callOnce(
  { model, baseUrl, apiKey, dimension, timeoutMs = 60_000 }: OpenAiEmbedderOptions,
  texts: string[],
  signal: AbortSignal | undefined,
): Promise<number[][]> {
  const { OpenAIEmbeddings } = await import('@langchain/openai');
  const timeout = AbortSignal.timeout(timeoutMs);
  const joined = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const client = new OpenAIEmbeddings({
    model,
    apiKey: apiKey ?? 'none',
    maxRetries: 0,
    batchSize: Math.max(1, texts.length),
    encodingFormat: 'float',
    stripNewLines: false,
    ...(dimension !== null && SHORTENS.test(model) ? { dimensions: dimension } : {}),
    configuration: {
      logLevel: 'off',
      fetch: createProviderFetch({ signal: joined }),
      ...(baseUrl === null ? {} : { baseURL: baseUrl }),
    },
  });
  try {
    return await client.embedDocuments(texts);
  } catch (error) {
    if (timeout.aborted) throw timeoutFailure('to embed a batch');
    throw readProviderFailure(error, 'embedding_failed');
  }
}

/** @throws ProviderFailure `embedding_failed` */
function checkVectors(vectors: unknown, { count, dimension }: { count: number; dimension: number | null }): number[][] {
  if (!Array.isArray(vectors) || vectors.length !== count) throw wrong('gave another number of vectors than texts');
  const expected = dimension ?? (Array.isArray(vectors[0]) ? vectors[0].length : 0);
  return vectors.map((vector: unknown) => {
    if (!Array.isArray(vector) || vector.length === 0) throw wrong('gave something that is not a vector');
    if (vector.length !== expected) throw wrong(`gave ${vector.length} dimensions where ${expected} are expected`);
    return normaliseVector(vector);
  });
}

/** The vector at length 1, after a check that every entry is a finite number. */
function normaliseVector(vector: unknown[]): number[] {
  let sum = 0;
  const numbers = vector.map((value) => {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw wrong('gave a vector with an entry that is no number');
    sum += value * value;
    return value;
  });
  if (sum === 0) throw wrong('gave a vector of zeros');
  const length = Math.sqrt(sum);
  return numbers.map((value) => value / length);
}

function wrong(what: string): ProviderFailure {
  return new ProviderFailure(new AppError('embedding_failed', `The embedding model ${what}.`));
}
