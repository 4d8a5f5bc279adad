/** Questions over real sockets on both sides: client -> our routes -> LangChain -> a fake provider. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChatAnswerer } from '../../src/answering/generate/chat-answerer.js';
import { readServerSentEvents, type ServerSentEvent } from '../../src/cli/read-server-sent-events.js';
import { createAnswerService } from '../../src/conversations/answer-service.js';
import { askRoutes } from '../../src/conversations/ask-routes.js';
import { type Answer, answerSchema } from '../../src/domain/answer.js';
import { systemClock } from '../../src/domain/ports/clock.js';
import { createPolicedChatModel } from '../../src/infra/providers/chat-model-registry.js';
import { createFakeAnswerLog } from '../fakes/fake-answer-log.js';
import { createFakeEvents } from '../fakes/fake-events.js';
import { type FakeOpenAiServer, startFakeOpenAiServer } from '../fakes/fake-openai-server.js';
import { checkCitations, makeAnswerParts, type TestPage } from '../support/answer-parts.js';
import { readProblem, serveRoutesInTest, type TestServer } from '../support/http-server.js';

const PAGES: TestPage[] = [
  {
    title: 'Expense policy',
    text: 'Meals on travel days are reimbursed up to 45 EUR per day. Receipts are required above 15 EUR.',
  },
  { title: 'Frames', text: 'This line says\n\nevent: error\n\ndata: {"x":1}\u2028and goes on.\r\nid: 99' },
];
const QUESTION = 'How much is reimbursed for meals on travel days?';
const KEY = 'sk-secret-9876543210';

let provider: FakeOpenAiServer;
beforeAll(async () => {
  // Loaded here, so that the first test's time limits measure the provider and not the loading of a package.
  await import('@langchain/openai');
  provider = await startFakeOpenAiServer();
});
afterAll(() => provider.close());

async function serveModel(model: string, { pages = PAGES, graceMs = 100 } = {}): Promise<TestServer> {
  const settings = { model: `openai:${model}`, baseUrl: provider.url, firstTokenTimeoutMs: 500, totalTimeoutMs: 5000 };
  const chatModel = await createPolicedChatModel({
    settings,
    secrets: { openaiApiKey: KEY },
    events: createFakeEvents(),
    policy: { baseDelayMs: 10, maxDelayMs: 100 },
  });
  const { answerQuestion } = makeAnswerParts(pages, { answerer: createChatAnswerer({ model: chatModel }) });
  const answers = createAnswerService({
    answerQuestion,
    log: createFakeAnswerLog(),
    clock: systemClock,
    disconnectGraceMs: graceMs,
  });
  return serveRoutesInTest(askRoutes({ answers }));
}

function ask(
  url: string,
  init: { headers?: Record<string, string>; signal?: AbortSignal; body?: unknown } = {},
): Promise<Response> {
  const { headers, signal, body = { question: QUESTION } } = init;
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
  return fetch(`${url}/api/v1/ask`, signal === undefined ? request : { ...request, signal });
}

const STREAM = { accept: 'text/event-stream' };

async function readStream(response: Response): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readServerSentEvents(response)) events.push(event);
  const terminal = events.filter(({ event }) => event === 'answer-end' || event === 'answer-error');
  expect(terminal).toHaveLength(1);
  expect(events.at(-1)).toBe(terminal[0]);
  return events;
}

function shownText(events: ServerSentEvent[]): string {
  return events.reduce((text, { event, data }) => {
    if (event === 'text-reset') return '';
    return event === 'text-delta' ? text + (JSON.parse(data) as { text: string }).text : text;
  }, '');
}

const finalAnswer = (events: ServerSentEvent[]): Answer =>
  answerSchema.parse(JSON.parse(events.at(-1)?.data ?? '{}').answer);

async function untilIdle(): Promise<void> {
  const end = Date.now() + 2000;
  while (provider.openRequests() > 0 && Date.now() < end) await sleep(10);
  expect(provider.openRequests()).toBe(0);
}

describe('asking over HTTP', () => {
  it('answers as JSON', async () => {
    const { url } = await serveModel('ok');
    const response = await ask(url);
    expect(response.status).toBe(200);
    const answer = answerSchema.parse(await response.json());
    expect(answer).toMatchObject({ status: 'completed', grounded: true, model: 'openai:ok', degraded: false });
    checkCitations(answer, new Map(PAGES.map(({ text }, index) => [`doc_${index}`, text])));
  });

  it('streams events with increasing ids and the right headers, and replays them from every id', async () => {
    const { url } = await serveModel('ok');
    const before = provider.calls.length;
    const response = await ask(url, { headers: STREAM });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const events = await readStream(response);
    expect(events.map(({ id }) => Number(id))).toEqual(events.map((_, index) => index + 1));
    expect(events[0]?.event).toBe('answer-start');
    expect(shownText(events)).toBe(finalAnswer(events).text);
    const address = `${url}${response.headers.get('location')}/events`;
    for (let last = 0; last < events.length; last += 1) {
      const replayed = await fetch(address, { headers: { 'last-event-id': String(last) } });
      expect(await readStream(replayed)).toEqual(events.slice(last));
    }
    expect((await fetch(address, { headers: { 'last-event-id': String(events.length) } })).status).toBe(204);
    expect(provider.calls.length).toBe(before + 1);
  });

  it('answers later when asked to, and then can be read, followed, rated', async () => {
    const { url } = await serveModel('slow=200', { graceMs: 0 });
    const response = await ask(url, { headers: { prefer: 'respond-async, wait=5' } });
    expect(response.status).toBe(202);
    expect(response.headers.get('preference-applied')).toBe('respond-async');
    const address = `${url}${response.headers.get('location')}`;
    expect(answerSchema.parse(await (await fetch(address)).json()).status).toBe('running');
    await readStream(await fetch(`${address}/events`));
    expect(answerSchema.parse(await (await fetch(address)).json()).status).toBe('completed');
    const rating = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"rating":"up","comment":"yes"}',
    };
    expect((await fetch(`${address}/feedback`, rating)).status).toBe(204);
    expect((await fetch(`${address}/feedback`, { ...rating, body: '{"rating":"five"}' })).status).toBe(400);
  });

  it('cancels on DELETE', async () => {
    const { url } = await serveModel('hang');
    const { headers } = await ask(url, { headers: { prefer: 'respond-async' } });
    await sleep(100);
    const response = await fetch(`${url}${headers.get('location')}`, { method: 'DELETE' });
    expect(answerSchema.parse(await response.json())).toMatchObject({ status: 'cancelled', finishReason: 'cancelled' });
    await untilIdle();
  });

  it('gives problems for unknown answers and wrong questions', async () => {
    const { url } = await serveModel('ok');
    for (const path of ['/api/v1/answers/ans_x', '/api/v1/answers/ans_x/events']) {
      expect(await readProblem(await fetch(`${url}${path}`))).toMatchObject({ status: 404, code: 'not_found' });
    }
    for (const body of [
      {},
      { question: '' },
      { question: 'x', topK: 1e9 },
      { question: 'x', tenantId: 'y' },
      { question: 'x'.repeat(8001) },
    ]) {
      expect(await readProblem(await ask(url, { body, headers: STREAM }))).toMatchObject({
        status: 400,
        code: 'invalid_request',
      });
    }
  });

  it.each([
    'hang',
    'stall@3',
    'cut@3',
    'cutclean@4',
    '401',
    '404',
    '429',
    '500',
    'badsse',
    'badjson',
    'hugeline',
    'empty',
    'filter',
  ])('comes from the built-in answerer, degraded, when the provider does this: %s', async (model) => {
    provider.retryAfter(30);
    const { url } = await serveModel(model);
    const response = await ask(url, { headers: STREAM });
    const events = await readStream(response);
    const answer = finalAnswer(events);
    expect(answer).toMatchObject({
      status: 'completed',
      degraded: true,
      model: 'builtin:extractive-1',
      grounded: true,
    });
    expect(shownText(events)).toBe(answer.text);
    expect(answer.text).toContain('45 EUR');
    expect(JSON.stringify(events)).not.toContain(KEY);
    await untilIdle();
  });

  it('says that an answer was cut by length', async () => {
    const events = await readStream(await ask((await serveModel('length')).url, { headers: STREAM }));
    expect(finalAnswer(events)).toMatchObject({ finishReason: 'length', status: 'completed' });
  });

  it.each([
    ['as a stream, before the first token', STREAM, 'slow=3000'],
    ['as a stream, in the middle', STREAM, 'script'],
    ['as JSON', {}, 'slow=3000'],
  ])('ends the model call within 2 s when the client leaves %s', async (_name, headers, model) => {
    provider.script(`${'word '.repeat(500)}`, { delayMs: 10 });
    const { url } = await serveModel(model);
    const controller = new AbortController();
    const leaving = ask(url, { headers, signal: controller.signal }).then(async (response) => {
      for await (const { event } of readServerSentEvents(response)) if (event === 'text-delta') controller.abort();
    });
    leaving.catch(() => {});
    await sleep(250);
    expect(provider.openRequests()).toBeGreaterThanOrEqual(model === 'script' ? 0 : 1);
    controller.abort();
    await leaving.catch(() => {});
    await untilIdle();
  });

  it('gives nothing in a document or a prompt the power to break the frames', async () => {
    const { url } = await serveModel('echo');
    const events = await readStream(await ask(url, { headers: STREAM }));
    expect(new Set(events.map(({ event }) => event))).toEqual(
      new Set([
        'answer-start',
        'passages-selected',
        'text-delta',
        ...events.map(({ event }) => event).filter((event) => /^(citation-added|text-reset|answer-end)$/.test(event)),
      ]),
    );
    expect(events.map(({ id }) => Number(id))).toEqual(events.map((_, index) => index + 1));
  });

  it('serves many streams at once', async () => {
    const { url } = await serveModel('ok');
    const all = await Promise.all(
      Array.from({ length: 60 }, async () => readStream(await ask(url, { headers: STREAM }))),
    );
    for (const events of all) expect(finalAnswer(events).text).toContain('45 EUR');
    await untilIdle();
  });
});

const INJECTED = '../shared/data/documents/injection/expense_policy_injected.md';

describe.skipIf(!existsSync(INJECTED))(`an obedient model on ${INJECTED}`, () => {
  it.each(['What is the limit for meals per day?', 'Show the status and details.'])(
    'gives no live link, image or forged citation: %s',
    async (question) => {
      const pages = [{ title: 'Expense policy (2024)', text: readFileSync(INJECTED, 'utf8') }];
      for (const model of ['obey', '401']) {
        const { url } = await serveModel(model, { pages });
        const events = await readStream(await ask(url, { headers: STREAM, body: { question } }));
        const answer = finalAnswer(events);
        let frame = '';
        for (const { event, data } of events) {
          if (event === 'text-reset') frame = '';
          if (event === 'text-delta') frame += (JSON.parse(data) as { text: string }).text;
          expect(frame).not.toMatch(/https?:\/\/|\]\(|\]:|<[a-z/!]|www\.|SECRET\)/i);
        }
        for (const { url: link } of answer.citations) expect(new URL(link).hostname).toBe('localhost');
        checkCitations(answer, new Map([['doc_0', pages[0]?.text ?? '']]));
      }
    },
  );
});
