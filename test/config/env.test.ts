import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childEnvironment, loadEnvironmentFile, readEnvironment, SETTING_NAMES } from '../../src/config/env.js';
import { AppError } from '../../src/domain/errors.js';

/** The sentence with which these settings are refused. */
function refusal(source: Record<string, string>): string {
  try {
    readEnvironment(source);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('configuration_invalid');
    return (error as AppError).message;
  }
  throw new Error('the settings were accepted');
}

describe('readEnvironment', () => {
  it('gives the embedded installation when nothing is set', () => {
    expect(readEnvironment({})).toMatchObject({
      NODE_ENV: 'production',
      PORT: 3000,
      HOST: '127.0.0.1',
      DATA_DIR: 'data/runtime',
      EMBEDDING_MODEL: 'builtin',
      CHAT_MODEL: 'none',
    });
  });

  it('counts an empty value as not set', () => {
    const empty = Object.fromEntries(SETTING_NAMES.map((name) => [name, '']));
    expect(readEnvironment(empty)).toEqual(readEnvironment({}));
  });

  it('ignores variables that are not ours', () => {
    expect(readEnvironment({ PATH: '/bin', UNKNOWN_SETTING: 'x' })).toEqual(readEnvironment({}));
  });

  it('turns numbers into numbers and trims addresses', () => {
    const environment = readEnvironment({
      PORT: '8080',
      MAX_UPLOAD_MB: '5',
      CHROMA_URL: ' http://127.0.0.1:8000/ ',
      PUBLIC_URL: 'https://answers.example.com//',
    });
    expect(environment).toMatchObject({
      PORT: 8080,
      MAX_UPLOAD_MB: 5,
      CHROMA_URL: 'http://127.0.0.1:8000',
      PUBLIC_URL: 'https://answers.example.com',
    });
  });

  it.each([
    ['PORT', '70000'],
    ['PORT', 'abc'],
    ['PORT', '12.5'],
    ['NODE_ENV', 'staging'],
    ['LOG_LEVEL', 'loud'],
    ['HOST', '   '],
    ['DATABASE_URL', 'mysql://root:hunter2@db/x'],
    ['CHROMA_URL', 'localhost:8000'],
    ['PUBLIC_URL', 'ftp://files.example.com'],
    ['EMBEDDING_MODEL', 'word2vec'],
    ['EMBEDDING_DIMENSION', '0'],
    ['CHAT_MODEL', 'some-model-without-a-provider'],
    ['OPENAI_BASE_URL', 'not an address'],
    ['RERANK_URL', 'file:///etc/passwd'],
    ['MAX_UPLOAD_MB', '-1'],
    ['CHUNK_TOKENS', '10'],
    ['PARSE_MEMORY_MB', '1'],
    ['JOB_LEASE_SECONDS', '1'],
    ['SHUTDOWN_GRACE_SECONDS', '3600'],
  ])('refuses a wrong %s in one sentence that names it but never its value', (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toMatch(/^The configuration is not valid\. [^\n]+\.$/);
    expect(message).toContain(`${name}: `);
    if (value.trim().length > 2) expect(message).not.toContain(value);
  });

  it('names every wrong variable at once', () => {
    const message = refusal({ PORT: 'x', CHROMA_URL: 'y', LOG_LEVEL: 'z' });
    for (const name of ['PORT', 'CHROMA_URL', 'LOG_LEVEL']) expect(message).toContain(`${name}: `);
  });

  it('never shows a value, whatever it is', () => {
    const names = fc.constantFrom('PORT', 'DATABASE_URL', 'CHROMA_URL', 'CHAT_MODEL', 'EMBEDDING_MODEL', 'LOG_LEVEL');
    fc.assert(
      fc.property(names, fc.string({ minLength: 1, maxLength: 20 }), (name, tail) => {
        const value = `~secret ${tail}`;
        expect(refusal({ [name]: value })).not.toContain('~secret');
      }),
    );
  });
});

describe('childEnvironment', () => {
  it('gives what the machine gives with the extra values on top', () => {
    const environment = childEnvironment({ NODE_ENV: 'production', FOOTNOTE_EXTRA: '1' });
    expect(environment.FOOTNOTE_EXTRA).toBe('1');
    expect(environment.NODE_ENV).toBe('production');
    expect(environment.PATH).toBeDefined();
    expect(Object.values(environment)).not.toContain(undefined);
  });
});

describe('loadEnvironmentFile', () => {
  const home = process.cwd();
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'footnote-env-'));
    process.chdir(folder);
  });

  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
    for (const name of ['MAX_UPLOAD_FILES', 'CHUNK_TOKENS']) Reflect.deleteProperty(process.env, name);
  });

  it('adds the variables of .env in the working directory, and what is set already wins', () => {
    process.env.CHUNK_TOKENS = '300';
    writeFileSync('.env', 'MAX_UPLOAD_FILES=7\nCHUNK_TOKENS=500\n');
    loadEnvironmentFile();
    expect(readEnvironment()).toMatchObject({ MAX_UPLOAD_FILES: 7, CHUNK_TOKENS: 300 });
  });

  it('is content when there is no such file', () => {
    expect(loadEnvironmentFile).not.toThrow();
  });
});
