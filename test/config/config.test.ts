import { isAbsolute } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createClientConfig, createConfig, describeConfig } from '../../src/config/config.js';
import { readEnvironment } from '../../src/config/env.js';
import type { AppError } from '../../src/domain/errors.js';

const configFrom = (source: Record<string, string> = {}) => createConfig(readEnvironment(source));

/** The sentence with which these settings are refused. */
function refusal(source: Record<string, string>): string {
  try {
    configFrom(source);
  } catch (error) {
    expect((error as AppError).code).toBe('configuration_invalid');
    return (error as AppError).message;
  }
  throw new Error('the settings were accepted');
}

const HASH = 'ab12'.repeat(16);
const API_KEYS = `ops:${HASH}`;

describe('createConfig', () => {
  it('is the embedded installation by default: loopback, SQLite, own Chroma, no model', () => {
    const config = configFrom();
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 3000, publicUrl: null });
    expect(config.database).toEqual({ kind: 'sqlite' });
    expect(config.chromaUrl).toBeNull();
    expect(config.chat).toBeNull();
    expect(config.rerank).toBeNull();
    expect(config.embedding).toEqual({ model: 'builtin', dimension: null, baseUrl: null });
    expect(isAbsolute(config.dataDir)).toBe(true);
  });

  it('gives base units: bytes and milliseconds', () => {
    const config = configFrom({ MAX_UPLOAD_MB: '2', PARSE_TIMEOUT_SECONDS: '3', JOB_LEASE_SECONDS: '4' });
    expect(config.http.maxUploadBytes).toBe(2 * 1024 * 1024);
    expect(config.ingest.parseTimeoutMs).toBe(3000);
    expect(config.ingest.leaseMs).toBe(4000);
  });

  it('refuses a public address without API keys', () => {
    for (const HOST of ['0.0.0.0', '::', '192.168.1.10', 'example.com']) {
      expect(refusal({ HOST })).toMatch(/^HOST .*API_KEYS/);
    }
    expect(configFrom({ HOST: '0.0.0.0', API_KEYS }).http.host).toBe('0.0.0.0');
  });

  it('accepts every loopback address without API keys', () => {
    for (const HOST of ['127.0.0.1', '::1', 'localhost']) expect(configFrom({ HOST }).http.host).toBe(HOST);
  });

  it('refuses a hosted chat model without its key', () => {
    expect(refusal({ CHAT_MODEL: 'openai:gpt-4o-mini' })).toMatch(/^CHAT_MODEL .*OPENAI_API_KEY/);
    expect(configFrom({ CHAT_MODEL: 'openai:gpt-4o-mini', OPENAI_API_KEY: 'k' }).chat?.model).toBe(
      'openai:gpt-4o-mini',
    );
  });

  it('takes a local server without a key', () => {
    const config = configFrom({ CHAT_MODEL: 'openai:llama3.2', OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' });
    expect(config.chat?.baseUrl).toBe('http://127.0.0.1:11434/v1');
  });

  it('refuses a hosted embedding model without a key or an address', () => {
    expect(refusal({ EMBEDDING_MODEL: 'openai:text-embedding-3-small' })).toMatch(/^EMBEDDING_MODEL /);
    const own = configFrom({
      EMBEDDING_MODEL: 'openai:nomic-embed-text',
      EMBEDDING_BASE_URL: 'http://127.0.0.1:11434/v1',
    });
    expect(own.embedding.baseUrl).toBe('http://127.0.0.1:11434/v1');
    const shared = configFrom({ EMBEDDING_MODEL: 'openai:e5', OPENAI_BASE_URL: 'http://127.0.0.1:8080/v1' });
    expect(shared.embedding.baseUrl).toBe('http://127.0.0.1:8080/v1');
  });

  it('honours failpoints in test mode only', () => {
    expect(configFrom({ FAIL: 'ingest.parse:kill' }).failpoints).toBeNull();
    expect(configFrom({ FAIL: 'ingest.parse:kill', NODE_ENV: 'test' }).failpoints).toBe('ingest.parse:kill');
  });

  it('points the command line at the own port unless told otherwise', () => {
    expect(configFrom({ PORT: '8080' }).client.url).toBe('http://127.0.0.1:8080');
    expect(configFrom({ FOOTNOTE_URL: 'https://answers.example.com/' }).client.url).toBe('https://answers.example.com');
  });
});

describe('createClientConfig', () => {
  it('needs no valid server configuration', () => {
    const environment = readEnvironment({ HOST: '0.0.0.0', CHAT_MODEL: 'openai:gpt-4o-mini', FOOTNOTE_API_KEY: 'k' });
    expect(createClientConfig(environment)).toEqual({ url: 'http://127.0.0.1:3000', apiKey: 'k' });
  });
});

describe('describeConfig', () => {
  it('holds no secret, only how many API keys there are', () => {
    const text = JSON.stringify(
      describeConfig(
        configFrom({
          API_KEYS,
          OPENAI_API_KEY: 'sk-canary-openai',
          RERANK_URL: 'http://127.0.0.1:8001/rerank',
          RERANK_API_KEY: 'canary-rerank',
          DATABASE_URL: 'postgres://user:canary-database@127.0.0.1/footnote',
          FOOTNOTE_API_KEY: 'canary-client',
        }),
      ),
    );
    expect(text).not.toMatch(/canary/);
    expect(text).not.toContain(HASH);
    expect(JSON.parse(text)).toMatchObject({ apiKeys: 1, database: { kind: 'postgres' } });
  });
});
