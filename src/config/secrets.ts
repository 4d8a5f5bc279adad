/** Secret values and their readings: they are typed apart so that a config can be logged without them. */
import { AppError } from '../domain/errors.js';
import { type ApiKeyRecord, DEFAULT_TENANT } from '../domain/principal.js';
import type { Environment } from './env.js';

export interface Secrets {
  apiKeys: ApiKeyRecord[];
  openaiApiKey: string | null;
  rerankApiKey: string | null;
  databaseUrl: string | null;
}

/**
 * `API_KEYS`: comma-separated `name:sha256` or `name:sha256:tenant`.
 * @throws AppError `configuration_invalid`
 */
export function parseApiKeys(text: string): ApiKeyRecord[] {
  return text.split(',').map((part, index) => {
    const match = /^([A-Za-z0-9_-]{1,64}):([0-9a-fA-F]{64})(?::([a-z0-9-]{1,64}))?$/.exec(part.trim());
    if (match === null) {
      throw new AppError(
        'configuration_invalid',
        `API_KEYS: entry ${index + 1} is not "name:sha256-in-hex" or "name:sha256-in-hex:tenant"; make one with \`npx footnote key\`.`,
      );
    }
    return {
      keyId: `key_${match[1]}`,
      sha256: (match[2] as string).toLowerCase(),
      tenantId: match[3] ?? DEFAULT_TENANT,
    };
  });
}

/** Picks the secrets out of the environment. @throws AppError `configuration_invalid` */
export function readSecrets(environment: Environment): Secrets {
  return {
    apiKeys: environment.API_KEYS === undefined ? [] : parseApiKeys(environment.API_KEYS),
    openaiApiKey: environment.OPENAI_API_KEY ?? null,
    rerankApiKey: environment.RERANK_API_KEY ?? null,
    databaseUrl: environment.DATABASE_URL ?? null,
  };
}
