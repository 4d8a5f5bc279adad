/** The settings as the program uses them: grouped, in base units, contradictions refused. */
import { resolve } from 'node:path';
import { AppError } from '../domain/errors.js';
import type { Environment } from './env.js';
import { readSecrets, type Secrets } from './secrets.js';

export interface Config {
  mode: Environment['NODE_ENV'];
  http: {
    host: string;
    port: number;
    /** Base of the links we hand out, without a trailing slash; null: the address we listen on. */
    publicUrl: string | null;
    maxUploadBytes: number;
    maxUploadFiles: number;
    disconnectGraceMs: number;
    shutdownGraceMs: number;
  };
  /** Absolute. */
  dataDir: string;
  logLevel: Environment['LOG_LEVEL'];
  database: { kind: 'sqlite' } | { kind: 'postgres' };
  /** Null: we start our own server. */
  chromaUrl: string | null;
  embedding: { model: string; dimension: number | null; baseUrl: string | null };
  /** Null: answers come from the built-in extractive answerer. */
  chat: { model: string; baseUrl: string | null; firstTokenTimeoutMs: number; totalTimeoutMs: number } | null;
  rerank: { url: string; model: string | null } | null;
  ingest: {
    chunkTokens: number;
    maxPassages: number;
    parseTimeoutMs: number;
    parseMemoryMb: number;
    concurrency: number;
    leaseMs: number;
    maxAttempts: number;
  };
  client: { url: string; apiKey: string | null };
  /** Raw failpoint plan, null outside tests. */
  failpoints: string | null;
  secrets: Secrets;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * @throws AppError `configuration_invalid` for settings that contradict each other: a public address without API keys, a
 *         hosted model without its key, a setting of a part that is not used
 */
export function createConfig(environment: Environment): Config {
  const secrets = readSecrets(environment);
  refuseContradictions(environment, secrets);
  return {
    mode: environment.NODE_ENV,
    http: {
      host: environment.HOST,
      port: environment.PORT,
      publicUrl: environment.PUBLIC_URL ?? null,
      maxUploadBytes: environment.MAX_UPLOAD_MB * 1024 * 1024,
      maxUploadFiles: environment.MAX_UPLOAD_FILES,
      disconnectGraceMs: environment.DISCONNECT_GRACE_SECONDS * 1000,
      shutdownGraceMs: environment.SHUTDOWN_GRACE_SECONDS * 1000,
    },
    dataDir: resolve(environment.DATA_DIR),
    logLevel: environment.LOG_LEVEL,
    database: { kind: environment.DATABASE_URL === undefined ? 'sqlite' : 'postgres' },
    chromaUrl: environment.CHROMA_URL ?? null,
    ...providerSettings(environment),
    ingest: {
      chunkTokens: environment.CHUNK_TOKENS,
      maxPassages: environment.MAX_PASSAGES_PER_DOCUMENT,
      parseTimeoutMs: environment.PARSE_TIMEOUT_SECONDS * 1000,
      parseMemoryMb: environment.PARSE_MEMORY_MB,
      concurrency: environment.INGEST_CONCURRENCY,
      leaseMs: environment.JOB_LEASE_SECONDS * 1000,
      maxAttempts: environment.JOB_MAX_ATTEMPTS,
    },
    client: createClientConfig(environment),
    failpoints: environment.NODE_ENV === 'test' ? (environment.FAIL ?? null) : null,
    secrets,
  };
}

/** What the command line needs to reach a server; needs no valid server configuration. */
export function createClientConfig(environment: Environment): Config['client'] {
  return {
    url: environment.FOOTNOTE_URL ?? `http://127.0.0.1:${environment.PORT}`,
    apiKey: environment.FOOTNOTE_API_KEY ?? null,
  };
}

function providerSettings(environment: Environment): Pick<Config, 'embedding' | 'chat' | 'rerank'> {
  return {
    embedding: {
      model: environment.EMBEDDING_MODEL,
      dimension: environment.EMBEDDING_DIMENSION ?? null,
      baseUrl: environment.EMBEDDING_BASE_URL ?? environment.OPENAI_BASE_URL ?? null,
    },
    chat:
      environment.CHAT_MODEL === 'none'
        ? null
        : {
            model: environment.CHAT_MODEL,
            baseUrl: environment.OPENAI_BASE_URL ?? null,
            firstTokenTimeoutMs: environment.CHAT_FIRST_TOKEN_TIMEOUT_SECONDS * 1000,
            totalTimeoutMs: environment.CHAT_TOTAL_TIMEOUT_SECONDS * 1000,
          },
    rerank:
      environment.RERANK_URL === undefined
        ? null
        : { url: environment.RERANK_URL, model: environment.RERANK_MODEL ?? null },
  };
}

function refuseContradictions(environment: Environment, secrets: Secrets): void {
  if (!LOOPBACK.has(environment.HOST) && secrets.apiKeys.length === 0) {
    throw new AppError(
      'configuration_invalid',
      'HOST makes the server public but API_KEYS is empty: set API_KEYS (make a key with `npx footnote key`) or leave HOST at 127.0.0.1.',
    );
  }
  if (environment.EMBEDDING_DIMENSION !== undefined && environment.EMBEDDING_MODEL === 'builtin') {
    throw new AppError(
      'configuration_invalid',
      'EMBEDDING_DIMENSION is set, but the built-in embedder has a dimension of its own.',
    );
  }
  if (environment.RERANK_URL === undefined && environment.RERANK_MODEL !== undefined) {
    throw new AppError('configuration_invalid', 'RERANK_MODEL is set, but RERANK_URL is not.');
  }
  const hosted = (baseUrl: string | undefined) => baseUrl === undefined && secrets.openaiApiKey === null;
  if (environment.CHAT_MODEL.startsWith('openai:') && hosted(environment.OPENAI_BASE_URL)) {
    throw new AppError(
      'configuration_invalid',
      'CHAT_MODEL names an OpenAI model but neither OPENAI_API_KEY nor OPENAI_BASE_URL is set.',
    );
  }
  if (
    environment.EMBEDDING_MODEL.startsWith('openai:') &&
    hosted(environment.EMBEDDING_BASE_URL ?? environment.OPENAI_BASE_URL)
  ) {
    throw new AppError(
      'configuration_invalid',
      'EMBEDDING_MODEL names an OpenAI model but neither OPENAI_API_KEY nor a base URL is set.',
    );
  }
}

/** The configuration without secrets, fit for a log line. */
export function describeConfig(config: Config): Omit<Config, 'secrets' | 'client'> & { apiKeys: number } {
  const { secrets, client: _client, ...rest } = config;
  return { ...rest, apiKeys: secrets.apiKeys.length };
}
