import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpReranker, type HttpRerankerOptions } from '../../../src/infra/providers/http-reranker.js';
import { createReranker } from '../../../src/infra/providers/reranker-registry.js';
import { describeRerankerContract } from '../../contract/reranker.js';
import { type FakeOpenAiServer, startFakeOpenAiServer } from '../../fakes/fake-openai-server.js';

let server: FakeOpenAiServer;
beforeAll(async () => {
  server = await startFakeOpenAiServer();
});
afterAll(() => server.close());

for (const model of ['ok', null]) {
  describeRerankerContract(`an HTTP reranker ${model === null ? 'without' : 'with'} a model name`, async () => {
    const own = await startFakeOpenAiServer();
    return { reranker: createHttpReranker({ url: `${own.url}/rerank`, model, apiKey: null }), close: own.close };
  });
}

const make = (model: string | null, options: Partial<HttpRerankerOptions> = {}) =>
  createHttpReranker({
    url: `${server.url}/rerank`,
    model,
    apiKey: 'rk-secret',
    policy: { baseDelayMs: 10 },
    ...options,
  });

describe('the HTTP reranker', () => {
  it('speaks the dialect of Cohere with a model and that of TEI without', async () => {
    await make('ok').score('q', ['a', 'b']);
    expect(server.calls.at(-1)).toMatchObject({
      authorization: 'Bearer rk-secret',
      body: { model: 'ok', query: 'q', documents: ['a', 'b'], top_n: 2 },
    });
    await make(null).score('q', ['a']);
    expect(server.calls.at(-1)?.body).toEqual({ query: 'q', texts: ['a'] });
  });

  it.each(['short', 'nan', 'badjson', '401'])('throws model_failed on %s', async (model) => {
    await expect(make(model).score('q', ['a', 'b'])).rejects.toMatchObject({ code: 'model_failed' });
  });

  it('tries again after passing failures and says when the provider is down or hangs', async () => {
    expect(await make('flaky=1').score('a', ['a'])).toHaveLength(1);
    await expect(make('500').score('q', ['a'])).rejects.toMatchObject({ code: 'model_unavailable' });
    await expect(make('hang', { timeoutMs: 150 }).score('q', ['a'])).rejects.toMatchObject({
      code: 'model_unavailable',
    });
    await expect(make('ok', { url: 'http://127.0.0.1:9/rerank' }).score('q', ['a'])).rejects.toMatchObject({
      code: 'model_unavailable',
    });
    await sleep(100);
    expect(server.openRequests()).toBe(0);
  });

  it('is absent when none is configured', () => {
    expect(createReranker(null, { rerankApiKey: null })).toBeNull();
    expect(createReranker({ url: server.url, model: null }, { rerankApiKey: null })?.id).toBe('http:default');
  });
});
