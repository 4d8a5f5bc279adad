import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseApiKeys } from '../../src/config/secrets.js';
import { defineRoute } from '../../src/http/route.js';
import { sendJson } from '../../src/http/send-json.js';
import { generateApiKey } from '../../src/tenants/api-keys.js';
import { createAuthenticate } from '../../src/tenants/authenticate.js';
import { readProblem, serveRoutesInTest } from '../support/http-server.js';

function requestWith(headers: Record<string, string>): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.headers = headers;
  return request;
}

const acme = generateApiKey();
const other = generateApiKey();
const apiKeys = parseApiKeys(`acme:${acme.sha256}:acme,other:${other.sha256.toUpperCase()}`);

describe('generateApiKey', () => {
  it('makes keys that differ, with the digest that the configuration wants', () => {
    expect(acme.key).toMatch(/^fn_[A-Za-z0-9_-]{43}$/);
    expect(acme.key).not.toBe(other.key);
    expect(acme.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('createAuthenticate', () => {
  const authenticate = createAuthenticate({ apiKeys });

  it('takes everybody as the local principal when no keys are configured', () => {
    const open = createAuthenticate({ apiKeys: [] });
    expect(open(requestWith({}))).toEqual({ tenantId: 'default', keyId: 'local' });
    expect(open(requestWith({ authorization: 'Bearer x' }))).toEqual({ tenantId: 'default', keyId: 'local' });
  });

  it('knows the key in both headers and any case of the scheme, and whose it is', () => {
    const expected = { tenantId: 'acme', keyId: 'key_acme' };
    expect(authenticate(requestWith({ authorization: `Bearer ${acme.key}` }))).toEqual(expected);
    expect(authenticate(requestWith({ authorization: `bearer  ${acme.key}` }))).toEqual(expected);
    expect(authenticate(requestWith({ 'x-api-key': acme.key }))).toEqual(expected);
    expect(authenticate(requestWith({ 'x-api-key': other.key }))).toEqual({ tenantId: 'default', keyId: 'key_other' });
  });

  it('refuses everything else in the same words', () => {
    const refused: Record<string, string>[] = [
      {},
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: `Bearer ${acme.key}x` },
      { authorization: `Bearer ${acme.key.slice(0, -1)}` },
      { authorization: `Basic ${acme.key}` },
      { authorization: `Bearer ${acme.sha256}` },
      { authorization: `Bearer ${acme.key} ${other.key}` },
      { authorization: 'Basic x', 'x-api-key': acme.key },
      { 'x-api-key': '' },
      { 'x-api-key': 'x'.repeat(100_000) },
      { cookie: `key=${acme.key}` },
    ];
    const messages = refused.map((headers) => {
      try {
        return authenticate(requestWith(headers)).keyId;
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toContain('API key');
  });

  it('answers 401 with WWW-Authenticate over HTTP, and never shows the key', async () => {
    const route = defineRoute({
      method: 'get',
      path: '/who',
      summary: 'Who',
      tags: [],
      responses: { 200: { description: 'ok', schema: z.object({ tenant: z.string() }) } },
      handler: async ({ principal, response }) => sendJson(response, 200, { tenant: principal.tenantId }),
    });
    const { url, observer } = await serveRoutesInTest([route], { authenticate });
    const wrong = await fetch(`${url}/who`, { headers: { authorization: 'Bearer fn_wrongkey' } });
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="footnote"']);
    expect(JSON.stringify(await readProblem(wrong))).not.toContain('wrongkey');
    const right = await fetch(`${url}/who`, { headers: { 'x-api-key': acme.key } });
    expect(await right.json()).toEqual({ tenant: 'acme' });
    await expect
      .poll(() => observer.finished.map(({ tenantId, keyId }) => [tenantId, keyId]))
      .toEqual([
        [null, null],
        ['acme', 'key_acme'],
      ]);
  });
});
