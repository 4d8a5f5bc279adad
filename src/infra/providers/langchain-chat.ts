/** One streamed call of a LangChain chat model, as our chunks. LangChain's types stop here. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AppError } from '../../domain/errors.js';
import type { ChatChunk, ChatRequest } from '../../domain/ports/chat-model.js';
import { ProviderFailure, readProviderFailure } from './provider-failure.js';
import type { OpenChat } from './resilient-chat-model.js';

/** Builds a model for the settings of one request. */
export type LoadChatModel = (
  settings: Pick<ChatRequest, 'temperature' | 'maxTokens'> & { signal: AbortSignal },
) => Promise<Pick<BaseChatModel, 'stream'>>;

export interface LangChainChatOptions {
  load: LoadChatModel;
  /** The provider always says why it stopped, so a stream that ends without saying so was cut. */
  reportsFinish: boolean;
}

/** Attempts that stream through LangChain. `.stream()` only: `streaming: true` makes LangChain download a tokenizer. */
export function createLangChainChat({ load, reportsFinish }: LangChainChatOptions): OpenChat {
  return async function* openChat({ messages, signal, temperature, maxTokens }): AsyncGenerator<ChatChunk> {
    try {
      const model = await load({ temperature, maxTokens, signal });
      const stream = await model.stream(
        messages.map(({ role, content }): [string, string] => [role, content]),
        { signal },
      );
      const ending: Ending = { reason: null, promptTokens: null, completionTokens: null };
      for await (const chunk of stream) {
        readEnding(ending, chunk);
        const text = readText(chunk.content);
        if (text !== '') yield { type: 'text', text };
      }
      signal.throwIfAborted();
      yield finish(ending, reportsFinish);
    } catch (error) {
      throw signal.aborted ? signal.reason : readProviderFailure(error);
    }
  };
}

interface Ending {
  reason: string | null;
  promptTokens: number | null;
  completionTokens: number | null;
}

interface EndingChunk {
  response_metadata?: Record<string, unknown> | undefined;
  additional_kwargs?: Record<string, unknown> | undefined;
  usage_metadata?: { input_tokens?: number; output_tokens?: number } | undefined;
}

/** The names under which vendors say why they stopped. */
const REASON_KEYS = ['finish_reason', 'stop_reason', 'done_reason', 'finishReason', 'stopReason'];

function readEnding(ending: Ending, { response_metadata, additional_kwargs, usage_metadata }: EndingChunk): void {
  const given: Record<string, unknown> = { ...additional_kwargs, ...response_metadata };
  const reason = REASON_KEYS.map((key) => given[key]).find((value) => typeof value === 'string' && value !== '');
  if (typeof reason === 'string') ending.reason = reason.toLowerCase();
  ending.promptTokens = usage_metadata?.input_tokens ?? ending.promptTokens;
  ending.completionTokens = usage_metadata?.output_tokens ?? ending.completionTokens;
}

function finish({ reason, promptTokens, completionTokens }: Ending, reportsFinish: boolean): ChatChunk {
  if (reason === null && reportsFinish) {
    throw new ProviderFailure(new AppError('model_failed', 'The answer of the model was cut off.'));
  }
  if (reason === 'content_filter' || reason === 'safety') {
    throw new ProviderFailure(new AppError('model_failed', 'The model provider held the answer back.'));
  }
  const length = reason === 'length' || reason === 'max_tokens';
  return { type: 'finish', reason: length ? 'length' : 'stop', promptTokens, completionTokens };
}

/** Text of a message's content, which is a string or a list of typed parts. */
function readText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => {
      const text: unknown = typeof part === 'object' && part !== null ? Reflect.get(part, 'text') : undefined;
      return typeof text === 'string' ? text : '';
    })
    .join('');
}
