/**
 * Chat models by the name in CHAT_MODEL, `<provider>:<model>`. `openai:` speaks to OpenAI and to everything that imitates
 * it (Ollama, vLLM, llama.cpp) through a base URL of its own; every other provider is LangChain's `initChatModel` with its
 * optional package. Packages load at the first call, not at the start.
 */
import type { Config } from '../../config/config.js';
import type { Secrets } from '../../config/secrets.js';
import { AppError } from '../../domain/errors.js';
import type { ChatModel } from '../../domain/ports/chat-model.js';
import type { AppEvents } from '../../domain/ports/events.js';
import { createLangChainChat, type LoadChatModel } from './langchain-chat.js';
import { createProviderFetch } from './provider-fetch.js';
import type { ProviderPolicyOptions } from './provider-policy.js';
import { createResilientChatModel } from './resilient-chat-model.js';

export type ChatSettings = NonNullable<Config['chat']>;

type ChatSecrets = Pick<Secrets, 'openaiApiKey'>;
/** Hears of attempts that failed and are made again. */
type ChatEvents = Pick<AppEvents, 'modelFailed'>;

/**
 * The configured chat model, null when there is none.
 * @throws AppError `configuration_invalid` for an unknown provider or one whose package is not installed
 */
export async function createChatModel(
  settings: Config['chat'],
  secrets: ChatSecrets,
  events: ChatEvents,
): Promise<ChatModel | null> {
  return settings === null ? null : createPolicedChatModel({ settings, secrets, events });
}

/** The same with retry and breaker settings other than the defaults. */
export async function createPolicedChatModel({
  settings,
  secrets,
  events,
  policy = {},
}: {
  settings: ChatSettings;
  secrets: ChatSecrets;
  events: ChatEvents;
  policy?: ProviderPolicyOptions;
}): Promise<ChatModel> {
  const separator = settings.model.indexOf(':');
  const provider = settings.model.slice(0, separator);
  const name = settings.model.slice(separator + 1);
  const isOpenAi = provider === 'openai';
  if (!isOpenAi) await requireProvider(provider);
  const load = isOpenAi ? loadOpenAi(name, settings, secrets) : loadUniversal(provider, name);
  const { model: id, firstTokenTimeoutMs, totalTimeoutMs } = settings;
  return createResilientChatModel({
    id,
    open: createLangChainChat({ load, reportsFinish: isOpenAi }),
    firstTokenTimeoutMs,
    totalTimeoutMs,
    policy: {
      ...policy,
      onRetry: ({ error: { code, cause } }) => events.modelFailed({ model: id, code, cause }),
    },
  });
}

function loadOpenAi(model: string, { baseUrl }: ChatSettings, { openaiApiKey }: ChatSecrets): LoadChatModel {
  return async ({ temperature, maxTokens, signal }) => {
    const { ChatOpenAI } = await import('@langchain/openai');
    return new ChatOpenAI({
      model,
      // Local servers want no key, but the client insists on one.
      apiKey: openaiApiKey ?? 'none',
      maxRetries: 0,
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
      configuration: {
        logLevel: 'off',
        fetch: createProviderFetch({ signal }),
        ...(baseUrl === null ? {} : { baseURL: baseUrl }),
      },
    });
  };
}

function loadUniversal(modelProvider: string, name: string): LoadChatModel {
  return async ({ temperature, maxTokens }) => {
    const { initChatModel } = await import('langchain/chat_models/universal');
    return initChatModel(name, {
      modelProvider,
      maxRetries: 0,
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
    });
  };
}

/** Makes a missing package a clear refusal of the start instead of a failure of the first question. */
async function requireProvider(provider: string): Promise<void> {
  const { MODEL_PROVIDER_CONFIG } = await import('langchain/chat_models/universal');
  const known: Record<string, { package: string }> = MODEL_PROVIDER_CONFIG;
  const found = Object.hasOwn(known, provider) ? known[provider] : undefined;
  if (found === undefined) {
    const names = Object.keys(known).join(', ');
    throw new AppError(
      'configuration_invalid',
      `CHAT_MODEL names the unknown provider "${provider}". Known: ${names}.`,
    );
  }
  try {
    import.meta.resolve(found.package);
  } catch (cause) {
    const sentence = `CHAT_MODEL needs the package ${found.package}: run \`npm install ${found.package}\`.`;
    throw new AppError('configuration_invalid', sentence, { cause });
  }
}
