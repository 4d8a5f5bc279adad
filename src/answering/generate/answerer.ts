/** Somebody who writes an answer from evidence, citing sentence addresses. Two exist: a chat model and the built-in one. */
import type { Evidence } from '../ground/ground-passages.js';

export interface GenerateRequest {
  /** Stand-alone question. */
  question: string;
  evidence: Evidence;
  /** Wishes of the asker, e.g. "answer in one sentence". */
  instructions?: string | undefined;
  /** Language of the answer as the asker names it; without it the question's. */
  answerLanguage?: string | undefined;
  temperature?: number | undefined;
  /** Upper bound of the answer in tokens. */
  maxTokens?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Text with addresses such as `[2.3]`, in pieces cut anywhere; then exactly one `finish`. `refusal` says that the evidence
 * does not answer the question; only `finish` follows it.
 */
export type GenerateChunk =
  | { type: 'text'; text: string }
  | { type: 'refusal' }
  | { type: 'finish'; reason: 'stop' | 'length'; promptTokens: number; completionTokens: number };

export interface Answerer {
  /** What the answer names as its model. */
  readonly id: string;
  /** @throws AppError `model_unavailable`, `model_failed`; the reason of an aborted signal */
  generate(request: GenerateRequest): AsyncIterable<GenerateChunk>;
}
