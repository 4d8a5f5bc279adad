import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createChatModelProbe } from '../../../src/infra/providers/chat-model-probe.js';

async function serveStatus(status: number): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(request.headers.authorization === 'Bearer secret' ? status : 401).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

function probeOf(baseUrl: string, openaiApiKey = 'secret') {
  const settings = { model: 'openai:x', baseUrl, firstTokenTimeoutMs: 1000, totalTimeoutMs: 1000 };
  const probe = createChatModelProbe(settings, { openaiApiKey });
  if (probe === null) throw new Error('there is no probe');
  return probe(AbortSignal.timeout(2000));
}

it.each([200, 404])('a server that answers %i is up', async (status) => {
  await expect(probeOf(await serveStatus(status))).resolves.toBeUndefined();
});

it('a server with trouble, none at all and a refused key are told apart, without the key', async () => {
  await expect(probeOf(await serveStatus(503))).rejects.toMatchObject({ code: 'model_unavailable' });
  await expect(probeOf('http://127.0.0.1:9/v1')).rejects.toMatchObject({ code: 'model_unavailable' });
  const refused = probeOf(await serveStatus(200), 'wrong-key');
  await expect(refused).rejects.toMatchObject({ code: 'model_failed' });
  await expect(refused).rejects.not.toThrow(/wrong-key/);
});

it('there is no check without a chat model or for a provider that has none', () => {
  expect(createChatModelProbe(null, { openaiApiKey: null })).toBeNull();
  const settings = { model: 'anthropic:claude', baseUrl: null, firstTokenTimeoutMs: 1, totalTimeoutMs: 1 };
  expect(createChatModelProbe(settings, { openaiApiKey: null })).toBeNull();
});
