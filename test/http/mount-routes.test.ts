import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src/domain/errors.js';
import { defineRoute } from '../../src/http/route.js';
import { sendJson } from '../../src/http/send-json.js';
import { readProblem, serveRoutesInTest } from '../support/http-server.js';

const thing = z.object({ id: z.string(), count: z.number() });

const readThing = defineRoute({
  method: 'get',
  path: '/api/v1/things/:id',
  summary: 'Read a thing',
  tags: ['things'],
  request: {
    params: z.object({ id: z.string() }),
    query: z.object({ limit: z.coerce.number().int().max(10).default(1) }),
  },
  responses: { 200: { description: 'The thing', schema: thing } },
  handler: async ({ params, query, response }) => {
    sendJson(response, 200, { id: params.id, count: query.limit });
  },
});

const makeThing = defineRoute({
  method: 'post',
  path: '/api/v1/things',
  summary: 'Make a thing',
  tags: ['things'],
  request: { body: z.object({ name: z.string().min(1), deep: z.unknown().optional() }) },
  responses: { 201: { description: 'Made', schema: z.object({ name: z.string(), tenant: z.string() }) } },
  handler: async ({ body, principal, response }) => {
    sendJson(response, 201, { name: body.name, tenant: principal.tenantId });
  },
});

const retryThing = defineRoute({
  method: 'post',
  path: '/api/v1/things/:id/retry',
  summary: 'Again',
  tags: ['things'],
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: { description: 'Done', schema: z.object({}) } },
  handler: async ({ body, response }) => {
    sendJson(response, 200, body ?? {});
  },
});

function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  contentType = 'application/json',
): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'content-type': contentType } });
}

describe('mountRoutes', () => {
  it('gives the handler validated inputs and the principal', async () => {
    const { url } = await serveRoutesInTest([readThing, makeThing]);
    const read = await fetch(`${url}/api/v1/things/a%20b?limit=7`);
    expect([read.status, await read.json()]).toEqual([200, { id: 'a b', count: 7 }]);
    expect(read.headers.get('cache-control')).toBe('no-store');
    const made = await post(`${url}/api/v1/things`, '{"name":"x"}', 'application/json; charset=utf-8');
    expect([made.status, await made.json()]).toEqual([201, { name: 'x', tenant: 'default' }]);
  });

  it('names every broken and every unknown field in a 400', async () => {
    const { url } = await serveRoutesInTest([readThing, makeThing]);
    const body = await readProblem(await post(`${url}/api/v1/things`, '{"name":"","tenantId":"b","status":1}'));
    expect(body.code).toBe('invalid_request');
    expect(body.errors?.map(({ path }) => path).sort()).toEqual(['name', 'status', 'tenantId']);
    const query = await readProblem(await fetch(`${url}/api/v1/things/x?limit=99&sort=id`));
    expect(query.errors?.map(({ path }) => path).sort()).toEqual(['limit', 'sort']);
  });

  it('refuses fields on a write that takes none, and takes it with no body or an empty object', async () => {
    const { url } = await serveRoutesInTest([retryThing]);
    const address = `${url}/api/v1/things/x/retry`;
    expect((await fetch(address, { method: 'POST' })).status).toBe(200);
    expect((await post(address, '{}')).status).toBe(200);
    expect((await readProblem(await post(address, '{"status":"ready"}'))).errors).toEqual([
      { path: 'status', message: 'This field is not known.' },
    ]);
  });

  it('answers 415 for another media type, a missing one, another charset and another encoding', async () => {
    const { url } = await serveRoutesInTest([makeThing]);
    const address = `${url}/api/v1/things`;
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1']) {
      expect((await readProblem(await post(address, '{"name":"x"}', type))).code).toBe('unsupported_media_type');
    }
    const untyped = await fetch(address, { method: 'POST', body: new TextEncoder().encode('{"name":"x"}') });
    expect(untyped.status).toBe(415);
    const packed = await fetch(address, {
      method: 'POST',
      body: 'x',
      headers: { 'content-type': 'application/json', 'content-encoding': 'zip' },
    });
    expect(packed.status).toBe(415);
  });

  it('refuses broken, deep, poisoned, overflowing and badly encoded JSON as invalid_json', async () => {
    const { url } = await serveRoutesInTest([makeThing]);
    const hostile: (string | Uint8Array<ArrayBuffer>)[] = [
      '{',
      '{"name":"x",}',
      '[',
      '['.repeat(100_000),
      `{"name":"x","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      `{"name":"x","deep":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`,
      '{"name":"x","__proto__":{"tenant":"b"}}',
      '{"name":"x","deep":[{"constructor":{}}]}',
      '{"name":"x","deep":{"prototype":1}}',
      '{"name":"x","deep":1e400}',
      '{"name":"x\\u0000"}',
      '{"name":"\\ud800"}',
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    ];
    for (const body of hostile) {
      const response = await post(`${url}/api/v1/things`, body);
      expect(response.status).toBe(400);
      expect((await readProblem(response)).code).toBe('invalid_json');
    }
  });

  it('answers 413 to a JSON body above 2 MB, also when it is compressed or says no length', async () => {
    const { gzipSync } = await import('node:zlib');
    const { url } = await serveRoutesInTest([makeThing]);
    const large = `{"name":"${'x'.repeat(2 * 1024 * 1024)}"}`;
    expect((await readProblem(await post(`${url}/api/v1/things`, large))).code).toBe('payload_too_large');
    const bomb = await fetch(`${url}/api/v1/things`, {
      method: 'POST',
      body: gzipSync(large),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect(bomb.status).toBe(413);
  });

  it('refuses NUL and broken percent-encoding in path and query', async () => {
    const { url } = await serveRoutesInTest([readThing]);
    for (const rest of ['a%00b', '%ff', 'x?limit=%00', 'x?__proto__=1', 'x?limit=1&limit=2']) {
      expect((await readProblem(await fetch(`${url}/api/v1/things/${rest}`))).code).toBe('invalid_request');
    }
  });

  it('answers 405 with Allow for a known path and 404 for an unknown one', async () => {
    const { url } = await serveRoutesInTest([readThing, makeThing]);
    const wrong = await fetch(`${url}/api/v1/things/x`, { method: 'DELETE' });
    expect((await readProblem(wrong)).code).toBe('method_not_allowed');
    expect(wrong.headers.get('allow')).toBe('GET, HEAD');
    const options = await fetch(`${url}/api/v1/things`, { method: 'OPTIONS', headers: { origin: 'http://evil.test' } });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST']);
    expect(options.headers.get('access-control-allow-origin')).toBeNull();
    expect((await readProblem(await fetch(`${url}/api/v1/nothing`))).code).toBe('not_found');
    expect((await fetch(`${url}/api/v1/things/x`, { method: 'HEAD' })).status).toBe(200);
  });

  it('asks for the principal before it reads a body, but not on public routes', async () => {
    const open = defineRoute({
      method: 'get',
      path: '/open',
      summary: 'Open',
      tags: [],
      public: true,
      responses: { 200: { description: 'ok', schema: z.object({ principal: z.null() }) } },
      handler: async ({ principal, response }) => sendJson(response, 200, { principal }),
    });
    const { url } = await serveRoutesInTest([makeThing, open], {
      authenticate: () => {
        throw new AppError('unauthenticated', 'No.');
      },
    });
    const refused = await post(`${url}/api/v1/things`, '{broken');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="footnote"']);
    expect((await fetch(`${url}/open?anything=1`)).status).toBe(200);
  });

  it('leaves multipart to the handler and takes JSON beside it when both are offered', async () => {
    const upload = defineRoute({
      method: 'post',
      path: '/upload',
      summary: 'Upload',
      tags: [],
      request: { multipart: true, body: z.object({ text: z.string() }) },
      responses: { 200: { description: 'ok', schema: z.object({ text: z.string() }) } },
      handler: async ({ body, response }) => sendJson(response, 200, { text: body?.text ?? 'multipart' }),
    });
    const { url } = await serveRoutesInTest([upload]);
    const form = new FormData();
    form.set('files', new Blob(['x']), 'x.txt');
    const asForm = await fetch(`${url}/upload`, { method: 'POST', body: form });
    expect(await asForm.json()).toEqual({ text: 'multipart' });
    expect(await (await post(`${url}/upload`, '{"text":"json"}')).json()).toEqual({ text: 'json' });
    expect((await post(`${url}/upload`, 'x', 'text/plain')).status).toBe(415);
  });

  it('aborts the signal when the client leaves, and only then', async () => {
    const seen: boolean[] = [];
    const slow = defineRoute({
      method: 'get',
      path: '/slow',
      summary: 'Slow',
      tags: [],
      request: { query: z.object({ ms: z.coerce.number() }) },
      responses: { 200: { description: 'ok', schema: z.object({}) } },
      handler: async ({ query, response, signal }) => {
        await sleep(query.ms);
        if (!signal.aborted) sendJson(response, 200, {});
        await sleep(20);
        seen.push(signal.aborted);
      },
    });
    const { url, observer } = await serveRoutesInTest([slow]);
    await fetch(`${url}/slow?ms=1`);
    await expect(fetch(`${url}/slow?ms=200`, { signal: AbortSignal.timeout(50) })).rejects.toThrow();
    await expect.poll(() => seen).toEqual([false, true]);
    expect(observer.finished.map(({ aborted, route }) => [aborted, route])).toEqual([
      [false, '/slow'],
      [true, '/slow'],
    ]);
  });

  it('turns a response that is not as documented into a 500 when responses are validated', async () => {
    const leaky = defineRoute({
      method: 'get',
      path: '/leaky',
      summary: 'Leaky',
      tags: [],
      responses: { 200: { description: 'ok', schema: z.object({ list: z.array(thing) }) } },
      handler: async ({ response }) => sendJson(response, 200, { list: [{ id: 'x', count: 1, tenantId: 'secret' }] }),
    });
    const { url, observer } = await serveRoutesInTest([leaky]);
    const body = await readProblem(await fetch(`${url}/leaky`));
    expect(body.code).toBe('internal_error');
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(String(observer.failures[0]?.error)).toContain('not documented');
  });

  it('refuses two routes of one method and path, and parameters without a schema', async () => {
    await expect(serveRoutesInTest([readThing, readThing])).rejects.toThrow('defined twice');
    expect(() => defineRoute({ ...readThing, path: '/x/:other', handler: async () => undefined })).toThrow(TypeError);
  });
});
