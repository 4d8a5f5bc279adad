/** A model that continues a conversation, streamed. No vendor words here. */

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface ChatRequest {
  messages: ChatMessage[];
  temperature?: number | undefined;
  /** Upper bound for the answer, in the model's tokens. */
  maxTokens?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Pieces of text, then exactly one `finish` (or a throw). */
export type ChatChunk =
  | { type: 'text'; text: string }
  | { type: 'finish'; reason: 'stop' | 'length'; promptTokens: number | null; completionTokens: number | null };

export interface ChatModel {
  /** What the answer reports as its model, e.g. `openai:gpt-4o-mini`. */
  readonly id: string;
  /**
   * @throws AppError `model_unavailable` (refused, timed out, 429, 5xx after retries), `model_failed` (bad key, bad
   *         request, broken or cut stream). An aborted signal ends the upstream request and throws its reason.
   */
  stream(request: ChatRequest): AsyncIterable<ChatChunk>;
}
