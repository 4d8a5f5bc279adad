/** Scores candidates against the question with more care than the indexes can. */
export interface Reranker {
  readonly id: string;
  /**
   * One score a text, in order; only their order and ratios matter.
   * @throws AppError `model_unavailable`, `model_failed`
   */
  score(query: string, texts: string[], signal?: AbortSignal): Promise<number[]>;
}
