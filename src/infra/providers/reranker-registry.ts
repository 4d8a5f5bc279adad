import type { Config } from '../../config/config.js';
import type { Secrets } from '../../config/secrets.js';
import type { Reranker } from '../../domain/ports/reranker.js';
import { createHttpReranker } from './http-reranker.js';

/** The configured reranker; null when there is none. */
export function createReranker(settings: Config['rerank'], secrets: Pick<Secrets, 'rerankApiKey'>): Reranker | null {
  return settings === null ? null : createHttpReranker({ ...settings, apiKey: secrets.rerankApiKey });
}
