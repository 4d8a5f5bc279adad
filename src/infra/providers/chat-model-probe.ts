import type { Config } from '../../config/config.js';
import type { Secrets } from '../../config/secrets.js';
import { AppError } from '../../domain/errors.js';

const OPENAI_BASE_URL = 'https://api.openai.com/v1';

/** Resolves when the model's server answers. @throws AppError `model_unavailable`, `model_failed` (it refuses our key) */
export type ChatModelProbe = (signal: AbortSignal) => Promise<void>;

/**
 * A check of the configured chat model that costs no token: the list of models, which OpenAI and its imitators have. A server
 * without such a list is up as well. Null when there is no chat model, or a provider that offers no such check.
 */
export function createChatModelProbe(
  settings: Config['chat'],
  { openaiApiKey }: Pick<Secrets, 'openaiApiKey'>,
): ChatModelProbe | null {
  if (settings === null || !settings.model.startsWith('openai:')) return null;
  const url = `${settings.baseUrl ?? OPENAI_BASE_URL}/models`;
  const headers = { authorization: `Bearer ${openaiApiKey ?? 'none'}` };
  return async (signal) => {
    const response = await fetch(url, { headers, signal }).catch((cause: unknown) => {
      throw new AppError('model_unavailable', 'The model’s server cannot be reached.', { cause });
    });
    await response.body?.cancel();
    if (response.status === 401 || response.status === 403) {
      throw new AppError('model_failed', 'The model’s server refuses the API key.');
    }
    if (response.status >= 500) {
      throw new AppError('model_unavailable', `The model’s server answers with status ${response.status}.`);
    }
  };
}
