import type { ChatChunk, ChatModel, ChatRequest } from '../../src/domain/ports/chat-model.js';

export interface FakeChatModel extends ChatModel {
  /** Every request, in order. */
  readonly requests: ChatRequest[];
}

/** A chat model that says the given text in pieces, or throws after `failAfter` of them. */
export function createFakeChatModel(
  text: string,
  options: { chunkLength?: number; reason?: 'stop' | 'length'; failAfter?: number; error?: Error } = {},
): FakeChatModel {
  const { chunkLength = 5, reason = 'stop', failAfter, error } = options;
  const requests: ChatRequest[] = [];
  async function* stream(request: ChatRequest): AsyncGenerator<ChatChunk> {
    requests.push(request);
    request.signal?.throwIfAborted();
    for (let start = 0, piece = 0; start < text.length; start += chunkLength, piece += 1) {
      if (error !== undefined && piece === (failAfter ?? 0)) throw error;
      yield { type: 'text', text: text.slice(start, start + chunkLength) };
      request.signal?.throwIfAborted();
    }
    if (error !== undefined) throw error;
    yield { type: 'finish', reason, promptTokens: 10, completionTokens: 5 };
  }
  return { id: 'fake:chat', requests, stream };
}
