import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readServerSentEvents, type ServerSentEvent } from '../../src/cli/read-server-sent-events.js';
import type { Answer } from '../../src/domain/answer.js';
import type { StoredPage } from '../../src/domain/document.js';
import { type FakeOpenAiServer, startFakeOpenAiServer } from '../fakes/fake-openai-server.js';
import { runCli } from '../support/run-cli.js';
import { type RunningFootnote, startFootnote } from '../support/running-footnote.js';

const RULES = '# Visitors\n\nVisitors must wear a green badge. The badge is returned at the gate. Dogs stay outside.\n';

let provider: FakeOpenAiServer;

beforeAll(async () => {
  provider = await startFakeOpenAiServer();
});

afterAll(() => provider.close());

/** A server whose chat model behaves as the name says, with one document. */
async function startWith(model: string, env: Record<string, string> = {}): Promise<RunningFootnote> {
  const footnote = await startFootnote({
    env: { CHAT_MODEL: `openai:${model}`, OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'sk-canary-key', ...env },
  });
  await footnote.upload({ filename: 'visitors.md', content: RULES });
  return footnote;
}

async function expectVerbatim(footnote: RunningFootnote, answer: Answer): Promise<void> {
  expect(answer.citations.length).toBeGreaterThan(0);
  for (const { documentId, page, start, end, quote } of answer.citations) {
    const { body } = await footnote.get<StoredPage>(`/api/v1/documents/${documentId}/pages/${page ?? 1}`);
    expect(body.text.slice(start, end)).toBe(quote);
  }
}

describe('with a chat model', () => {
  it('cites what the model addressed, drops what does not exist, and marks what is not supported', async () => {
    await using footnote = await startWith('script');
    provider.script('Visitors wear a green badge [1.2]. Visitors wear 17 red hats [1.3]. Cats are welcome [9.9].');
    const answer = await footnote.ask('What must visitors wear?');
    expect(answer).toMatchObject({ status: 'completed', degraded: false, model: 'openai:script' });
    await expectVerbatim(footnote, answer);
    expect(answer.text).not.toContain('9.9');
    expect(answer.sentences.map(({ support }) => support)).toContain('unsupported');
    expect(answer.grounded).toBe(false);
    expect(footnote.output()).not.toContain('sk-canary-key');
    expect(footnote.output()).not.toContain('green badge');
  });

  it('replays a stream from every event id with the same events, and calls the model once', async () => {
    await using footnote = await startWith('script');
    provider.script('Visitors must wear a green badge [1.2]. The badge is returned at the gate [1.3].');
    const before = provider.calls.length;
    const response = await footnote.fetch('/api/v1/ask', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ question: 'What must visitors wear?' }),
    });
    const live = await collect(response);
    expect(live.map(({ id }) => Number(id))).toEqual(live.map((_event, index) => index + 1));
    expect(live.at(-1)?.event).toBe('answer-end');
    const { answerId } = JSON.parse(live[0]?.data ?? '{}') as { answerId: string };
    for (let after = 0; after < live.length; after += 1) {
      const replay = await footnote.fetch(`/api/v1/answers/${answerId}/events`, {
        headers: { 'last-event-id': String(after) },
      });
      expect(await collect(replay)).toEqual(live.slice(after));
    }
    expect(provider.calls.length - before).toBe(1);
  });

  it('ends the model call when the client leaves', async () => {
    await using footnote = await startWith('stall@2', { DISCONNECT_GRACE_SECONDS: '0' });
    const leaving = new AbortController();
    const response = await footnote.fetch('/api/v1/ask', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ question: 'What must visitors wear?' }),
      signal: leaving.signal,
    });
    await response.body?.getReader().read();
    await expect.poll(() => provider.openRequests(), { timeout: 10_000 }).toBe(1);
    leaving.abort();
    await expect.poll(() => provider.openRequests(), { timeout: 2000 }).toBe(0);
  });

  it.each(['500', 'cut@2', '401', 'badsse'])(
    'answers with the documents’ own sentences when the model does %s',
    async (model) => {
      await using footnote = await startWith(model);
      const answer = await footnote.ask('What must visitors wear?');
      expect(answer).toMatchObject({ status: 'completed', degraded: true, refused: false });
      expect(answer.text).toContain('green badge');
      await expectVerbatim(footnote, answer);
      expect(footnote.output()).not.toContain('sk-canary-key');
    },
  );

  it('is ready though the model is down, and says that it is degraded', async () => {
    await using footnote = await startFootnote({
      env: { CHAT_MODEL: 'openai:ok', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' },
    });
    const { status, body } = await footnote.get<{ status: string }>('/ready');
    expect({ status, state: body.status }).toEqual({ status: 200, state: 'degraded' });
  });

  it('embeds with a provider, remembers it, and refuses to start with another embedder until the doctor rebuilt', async () => {
    const env = { EMBEDDING_MODEL: 'openai:ok', OPENAI_BASE_URL: provider.url };
    const first = await startFootnote({ env });
    const document = await first.upload({ filename: 'visitors.md', content: RULES });
    expect(document.status).toBe('ready');
    await first.stop();
    await expect(startFootnote({ dataDir: first.dataDir })).rejects.toThrow(/doctor --repair/);
    expect(await runCli(['doctor', '--repair'], { DATA_DIR: first.dataDir })).toMatchObject({ code: 0 });
    await using second = await startFootnote({ dataDir: first.dataDir });
    expect((await second.search('green badge', 'vector')).passages[0]?.documentId).toBe(document.id);
  });
});

async function collect(response: Response): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readServerSentEvents(response)) events.push(event);
  return events;
}
