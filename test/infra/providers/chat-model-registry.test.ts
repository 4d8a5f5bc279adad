import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppError } from '../../../src/domain/errors.js';
import type { ChatModel } from '../../../src/domain/ports/chat-model.js';
import { createChatModel, createPolicedChatModel } from '../../../src/infra/providers/chat-model-registry.js';
import type { ProviderPolicyOptions } from '../../../src/infra/providers/provider-policy.js';
import { describeChatModelContract } from '../../contract/chat-model.js';
import { createFakeEvents, type FakeEvents } from '../../fakes/fake-events.js';
import { type FakeOpenAiServer, startFakeOpenAiServer } from '../../fakes/fake-openai-server.js';

const KEY = 'sk-test-0123456789abcdef';
const MESSAGES = [
  { role: 'system' as const, content: 'Rules.' },
  { role: 'user' as const, content: '[1.1] Meals cost 45 EUR.\n\nQuestion: what do meals cost?' },
];

let server: FakeOpenAiServer;
let events: FakeEvents;

beforeAll(async () => {
  server = await startFakeOpenAiServer();
});
afterAll(() => server.close());

interface ModelOptions {
  firstTokenTimeoutMs?: number;
  totalTimeoutMs?: number;
  policy?: ProviderPolicyOptions;
  baseUrl?: string;
}

function makeModel(name: string, options: ModelOptions = {}): Promise<ChatModel> {
  events = createFakeEvents();
  const { firstTokenTimeoutMs = 2000, totalTimeoutMs = 5000, policy = { baseDelayMs: 20 } } = options;
  const settings = {
    model: `openai:${name}`,
    baseUrl: options.baseUrl ?? server.url,
    firstTokenTimeoutMs,
    totalTimeoutMs,
  };
  return createPolicedChatModel({ settings, secrets: { openaiApiKey: KEY }, events, policy });
}

async function read(model: ChatModel, signal?: AbortSignal): Promise<string> {
  let text = '';
  for await (const chunk of model.stream({ messages: MESSAGES, signal })) if (chunk.type === 'text') text += chunk.text;
  return text;
}

async function failure(model: ChatModel): Promise<AppError> {
  return read(model).then(
    () => expect.fail('the call should fail'),
    (error: AppError) => error,
  );
}

const callsOf = (model: string) => server.calls.filter((call) => call.model === model).length;

async function untilClosed(withinMs = 2000): Promise<void> {
  const end = Date.now() + withinMs;
  while (server.openRequests() > 0 && Date.now() < end) await sleep(10);
  expect(server.openRequests()).toBe(0);
}

describeChatModelContract('LangChain’s ChatOpenAI', async () => {
  const own = await startFakeOpenAiServer();
  const make = (name: string) => makeModel(name, { baseUrl: own.url });
  return {
    saying: (text) => {
      own.script(text);
      return make('script');
    },
    cutByLength: () => make('length'),
    unavailable: () => makeModel('ok', { baseUrl: 'http://127.0.0.1:9/v1' }),
    failingMidway: () => make('cut@2'),
    close: own.close,
  };
});

describe('a chat model over the OpenAI protocol', () => {
  it('gives text and usage and sends key, messages and limits', async () => {
    const model = await makeModel('ok');
    const chunks = [];
    for await (const chunk of model.stream({ messages: MESSAGES, temperature: 0.2, maxTokens: 77 })) chunks.push(chunk);
    expect(chunks.at(-1)).toEqual({
      type: 'finish',
      reason: 'stop',
      promptTokens: expect.any(Number),
      completionTokens: expect.any(Number),
    });
    const call = server.calls.findLast(({ model: name }) => name === 'ok');
    expect(call?.authorization).toBe(`Bearer ${KEY}`);
    expect(call?.body).toMatchObject({ stream: true, temperature: 0.2, max_tokens: 77, messages: MESSAGES });
    expect(model.id).toBe('openai:ok');
    await untilClosed();
  });

  it('waits for a slow first token', async () => {
    expect(await read(await makeModel('slow=300'))).toContain('45 EUR');
  });

  it('gives up on a model that hangs, once, and closes the connection', async () => {
    const start = performance.now();
    const error = await failure(await makeModel('hang', { firstTokenTimeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'model_unavailable' });
    expect(performance.now() - start).toBeLessThan(1500);
    expect(callsOf('hang')).toBe(1);
    await untilClosed();
  });

  it('gives up on a model that falls silent, and on one that goes on for too long', async () => {
    expect(await failure(await makeModel('stall@2', { firstTokenTimeoutMs: 250 }))).toMatchObject({
      code: 'model_unavailable',
    });
    server.script('word '.repeat(500), { delayMs: 20 });
    expect(await failure(await makeModel('script', { totalTimeoutMs: 400 }))).toMatchObject({
      code: 'model_unavailable',
    });
    await untilClosed();
  });

  it('does not try again with a refused key and shows no key anywhere', async () => {
    const error = await failure(await makeModel('401'));
    expect(error).toMatchObject({ code: 'model_failed', message: 'The model provider refused our credentials.' });
    expect(callsOf('401')).toBe(1);
    expect(`${error.stack} ${JSON.stringify(error.cause)} ${String(error.cause)}`).not.toContain(KEY);
  });

  it('knows a model that does not exist from one that is down', async () => {
    expect(await failure(await makeModel('404'))).toMatchObject({ code: 'model_failed' });
    expect(await failure(await makeModel('503'))).toMatchObject({ code: 'model_unavailable' });
  });

  it('honours Retry-After when it is short', async () => {
    server.retryAfter(1);
    const start = performance.now();
    const error = await failure(await makeModel('429', { policy: { maxRetries: 1, baseDelayMs: 10 } }));
    expect(error).toMatchObject({ code: 'model_unavailable', retryAfterSeconds: 1 });
    expect(performance.now() - start).toBeGreaterThan(990);
    expect(callsOf('429')).toBe(2);
    expect(events.of('modelFailed')).toHaveLength(1);
  });

  it('does not wait when Retry-After is long, and passes it on', async () => {
    server.retryAfter(600);
    const before = callsOf('429');
    const start = performance.now();
    expect(await failure(await makeModel('429'))).toMatchObject({ code: 'model_unavailable', retryAfterSeconds: 600 });
    expect(performance.now() - start).toBeLessThan(900);
    expect(callsOf('429')).toBe(before + 1);
  });

  it('tries again after passing failures', async () => {
    expect(await read(await makeModel('flaky=2'))).toContain('45 EUR');
    expect(callsOf('flaky=2')).toBe(3);
  });

  it('opens the circuit after repeated failures and closes it again', async () => {
    const model = await makeModel('flaky=4', { policy: { maxRetries: 0, breakAfter: 3, breakMs: 300 } });
    for (let attempt = 0; attempt < 3; attempt += 1) await failure(model);
    expect(await failure(model)).toMatchObject({ code: 'model_unavailable', retryAfterSeconds: 1 });
    expect(callsOf('flaky=4')).toBe(3);
    await sleep(350);
    await failure(model);
    expect(callsOf('flaky=4')).toBe(4);
    await sleep(350);
    expect(await read(model)).toContain('45 EUR');
  });

  it.each(['cut@2', 'cutclean@2', 'badsse', 'badjson', 'filter'])(
    'throws a model error on %s and does not repeat it',
    async (name) => {
      const before = callsOf(name);
      expect((await failure(await makeModel(name))).code).toMatch(/^model_/);
      expect(callsOf(name)).toBe(before + 1);
      await untilClosed();
    },
  );

  it('does not collect a line without end', async () => {
    const before = process.memoryUsage().rss;
    expect(await failure(await makeModel('hugeline'))).toMatchObject({ code: 'model_failed' });
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
    await untilClosed();
  });

  it.each(['hang', 'slow=3000', 'script'])(
    'closes the connection within 2 s when the caller leaves (%s)',
    async (name) => {
      server.script('word '.repeat(2000), { delayMs: 5 });
      const controller = new AbortController();
      const reading = read(await makeModel(name), controller.signal);
      await sleep(200);
      expect(server.openRequests()).toBe(1);
      controller.abort();
      await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
      await untilClosed();
    },
  );

  it('closes the connection when the reader stops in the middle', async () => {
    server.script('word '.repeat(2000), { delayMs: 5 });
    const model = await makeModel('script');
    for await (const _chunk of model.stream({ messages: MESSAGES })) break;
    await untilClosed();
  });

  it('works without a key on a server of one’s own', async () => {
    const settings = { model: 'openai:ok', baseUrl: server.url, firstTokenTimeoutMs: 2000, totalTimeoutMs: 5000 };
    const model = await createChatModel(settings, { openaiApiKey: null }, createFakeEvents());
    expect(await read(model as ChatModel)).toContain('45 EUR');
  });

  it('is absent when none is configured, and refuses providers that are unknown or not installed', async () => {
    expect(await createChatModel(null, { openaiApiKey: null }, createFakeEvents())).toBeNull();
    const settings = { baseUrl: null, firstTokenTimeoutMs: 1, totalTimeoutMs: 1 };
    const make = (model: string) => createChatModel({ ...settings, model }, { openaiApiKey: null }, createFakeEvents());
    await expect(make('nobody:x')).rejects.toMatchObject({ code: 'configuration_invalid' });
    await expect(make('anthropic:claude')).rejects.toThrow('npm install @langchain/anthropic');
  });
});
