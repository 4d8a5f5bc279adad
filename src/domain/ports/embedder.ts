/** Text to vectors of one fixed dimension, L2-normalised. */
export interface Embedder {
  /** Names model and settings, e.g. `builtin:hashed-ngrams-1`; vectors of two ids never mix in one index. */
  readonly id: string;
  readonly dimension: number;
  /** How many texts one call of `embedPassages` takes well. */
  readonly batchSize: number;
  /**
   * One vector a text, in order.
   * @throws AppError `embedding_failed` for a wrong count, dimension or non-finite number;
   *         `model_unavailable` when the provider cannot be reached.
   */
  embedPassages(texts: string[], signal?: AbortSignal): Promise<number[][]>;
  /** The vector of a question. Same errors. */
  embedQuery(text: string, signal?: AbortSignal): Promise<number[]>;
}
