/** Lets a chat model write the answer. The prompt is a versioned file of its own; nothing here trusts what comes back. */
import { randomBytes } from 'node:crypto';
import { AppError } from '../../domain/errors.js';
import type { ChatModel } from '../../domain/ports/chat-model.js';
import { countTokens } from '../../domain/text/count-tokens.js';
import type { Answerer, GenerateChunk, GenerateRequest } from './answerer.js';
import { buildAnswerPrompt, REFUSAL_TOKEN } from './prompts/answer-1.js';

/** Longest answer that is taken from a model that does not stop by itself, in UTF-16 units. */
const MAX_ANSWER_LENGTH = 100_000;
/** Upper bound of the answer in tokens unless the request sets one. */
const DEFAULT_MAX_TOKENS = 1200;

export interface ChatAnswererDependencies {
  model: ChatModel;
  /** Makes the name of the fence around quoted text: a new word for every call, which no document can guess. */
  newFence?: () => string;
}

/** An answerer on top of a chat model. Low temperature unless the request says otherwise: it is to quote, not to invent. */
export function createChatAnswerer({ model, newFence = randomFence }: ChatAnswererDependencies): Answerer {
  return {
    id: model.id,
    generate: (request) => generate(model, newFence(), request),
  };
}

function randomFence(): string {
  return `passages-${randomBytes(6).toString('hex')}`;
}

async function* generate(model: ChatModel, fence: string, request: GenerateRequest): AsyncGenerator<GenerateChunk> {
  const messages = buildAnswerPrompt({ ...request, fence });
  let written = '';
  let shown = 0;
  const stream = model.stream({
    messages,
    temperature: request.temperature ?? 0.1,
    maxTokens: request.maxTokens ?? DEFAULT_MAX_TOKENS,
    signal: request.signal,
  });
  for await (const chunk of stream) {
    if (chunk.type === 'finish') {
      if (written.trim() === '') throw new AppError('model_failed', 'The model gave an empty answer.');
      if (isRefusal(written)) yield { type: 'refusal' };
      else if (shown < written.length) yield { type: 'text', text: written.slice(shown) };
      const promptTokens = chunk.promptTokens ?? countTokens(messages.map(({ content }) => content).join('\n'));
      const completionTokens = chunk.completionTokens ?? countTokens(written);
      yield { type: 'finish', reason: chunk.reason, promptTokens, completionTokens };
      return;
    }
    written += chunk.text;
    if (mayBeRefusal(written)) continue;
    yield { type: 'text', text: written.slice(shown) };
    shown = written.length;
    if (written.length > MAX_ANSWER_LENGTH) {
      const promptTokens = countTokens(messages.map(({ content }) => content).join('\n'));
      yield { type: 'finish', reason: 'length', promptTokens, completionTokens: countTokens(written) };
      return;
    }
  }
}

/** Decoration that models put around the token. */
const DECORATION = /^[\s"'`*_.[(<]+/;

/** The text so far could still become the refusal token, so it is not shown yet. */
function mayBeRefusal(written: string): boolean {
  const bare = written.replace(DECORATION, '');
  return bare.length < REFUSAL_TOKEN.length ? REFUSAL_TOKEN.startsWith(bare) : bare.startsWith(REFUSAL_TOKEN);
}

function isRefusal(written: string): boolean {
  return written.replace(DECORATION, '').startsWith(REFUSAL_TOKEN);
}
