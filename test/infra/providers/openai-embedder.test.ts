import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbedder } from '../../../src/infra/providers/embedder-registry.js';
import { createOpenAiEmbedder, type OpenAiEmbedderOptions } from '../../../src/infra/providers/openai-embedder.js';
import { describeEmbedderContract } from '../../contract/embedder.js';
import { type FakeOpenAiServer, startFakeOpenAiServer } from '../../fakes/fake-openai-server.js';

let server: FakeOpenAiServer;
beforeAll(async () => {
  server = await startFakeOpenAiServer();
});
afterAll(() => server.close());

const make = (model: string, options: Partial<OpenAiEmbedderOptions> = {}) =>
  createOpenAiEmbedder({
    model,
    baseUrl: server.url,
    apiKey: 'sk-test-secret',
    dimension: 16,
    policy: { baseDelayMs: 10 },
    ...options,
  });
const callsOf = (model: string) => server.calls.filter((call) => call.model === model);

describeEmbedderContract('OpenAIEmbeddings', async () => {
  const own = await startFakeOpenAiServer();
  const options = { model: 'ok', baseUrl: own.url, apiKey: null, dimension: null };
  return { embedder: await createOpenAiEmbedder(options), close: own.close };
});

describe('the OpenAI-compatible embedder', () => {
  it('asks for its dimension once when none is configured', async () => {
    expect(await make('ok', { dimension: null })).toMatchObject({ id: 'openai:ok', dimension: 16 });
    expect(callsOf('ok')).toHaveLength(1);
    await make('ok');
    expect(callsOf('ok')).toHaveLength(1);
  });

  it('asks for floats, keeps line breaks, and shortens only models that can', async () => {
    await (await make('ok')).embedPassages(['a\nb']);
    expect(callsOf('ok').at(-1)?.body).toEqual({ model: 'ok', input: ['a\nb'], encoding_format: 'float' });
    const shortened = await make('text-embedding-3-small');
    expect(shortened.id).toBe('openai:text-embedding-3-small@16');
    await shortened.embedQuery('x');
    expect(callsOf('text-embedding-3-small').at(-1)?.body).toMatchObject({ dimensions: 16 });
  });

  it.each(['wrongdim', 'nan', 'short', 'badjson', '401'])(
    'refuses the whole batch on %s, without another try',
    async (model) => {
      const before = callsOf(model).length;
      const embedder = await make(model);
      await expect(embedder.embedPassages(['one', 'two'])).rejects.toMatchObject({ code: 'embedding_failed' });
      expect(callsOf(model)).toHaveLength(before + 1);
    },
  );

  it('tries again after passing failures and says when the provider is down', async () => {
    expect(await (await make('flaky=2')).embedQuery('x')).toHaveLength(16);
    await expect((await make('500')).embedQuery('x')).rejects.toMatchObject({ code: 'model_unavailable' });
    const nowhere = await make('ok', { baseUrl: 'http://127.0.0.1:9/v1' });
    await expect(nowhere.embedQuery('x')).rejects.toMatchObject({ code: 'model_unavailable' });
  });

  it('gives up on a provider that hangs, and closes the connection when the caller leaves', async () => {
    const hanging = await make('hang', { timeoutMs: 200 });
    await expect(hanging.embedQuery('x')).rejects.toMatchObject({ code: 'model_unavailable' });
    const controller = new AbortController();
    const leaving = (await make('hang')).embedQuery('x', controller.signal);
    await sleep(100);
    controller.abort();
    await expect(leaving).rejects.toMatchObject({ name: 'AbortError' });
    await sleep(200);
    expect(server.openRequests()).toBe(0);
  });

  it('is what the configuration names', async () => {
    const secrets = { openaiApiKey: null };
    const settings = { dimension: null, baseUrl: server.url };
    expect((await createEmbedder({ ...settings, model: 'openai:ok' }, secrets)).id).toBe('openai:ok');
    expect((await createEmbedder({ ...settings, model: 'builtin' }, secrets)).id).toMatch(/^builtin:/);
    await expect(createEmbedder({ ...settings, model: 'nobody:x' }, secrets)).rejects.toMatchObject({
      code: 'configuration_invalid',
    });
  });
});
