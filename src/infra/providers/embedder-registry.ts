/** Embedders by the name in EMBEDDING_MODEL: one line each. */
import type { Config } from '../../config/config.js';
import type { Secrets } from '../../config/secrets.js';
import { AppError } from '../../domain/errors.js';
import type { Embedder } from '../../domain/ports/embedder.js';
import { createHashedNgramEmbedder } from './hashed-ngram-embedder.js';
import { createOpenAiEmbedder } from './openai-embedder.js';

type EmbedderFactory = (model: string, input: EmbedderInput) => Embedder | Promise<Embedder>;

interface EmbedderInput {
  settings: Config['embedding'];
  secrets: Pick<Secrets, 'openaiApiKey'>;
}

const FACTORIES: Record<string, EmbedderFactory> = {
  builtin: () => createHashedNgramEmbedder(),
  openai: (model, { settings: { baseUrl, dimension }, secrets: { openaiApiKey } }) =>
    createOpenAiEmbedder({ model, baseUrl, apiKey: openaiApiKey, dimension }),
};

/**
 * The configured embedder. An OpenAI-compatible one without a configured dimension is asked for it.
 * @throws AppError `configuration_invalid` for an unknown provider; `model_unavailable`, `embedding_failed` from the call
 */
export async function createEmbedder(
  settings: Config['embedding'],
  secrets: EmbedderInput['secrets'],
): Promise<Embedder> {
  const [provider = '', ...model] = settings.model.split(':');
  const factory = Object.hasOwn(FACTORIES, provider) ? FACTORIES[provider] : undefined;
  if (factory === undefined) {
    const known = Object.keys(FACTORIES).join(', ');
    throw new AppError(
      'configuration_invalid',
      `EMBEDDING_MODEL names the unknown provider "${provider}". Known: ${known}.`,
    );
  }
  return factory(model.join(':'), { settings, secrets });
}
