import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import multer from 'multer';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src/domain/errors.js';
import { toRequestError } from '../../src/http/problem-details.js';
import { defineRoute, type Route } from '../../src/http/route.js';
import { sendJson } from '../../src/http/send-json.js';
import { readProblem, serveRoutes, serveRoutesInTest } from '../support/http-server.js';

function failing(error: unknown): Route {
  return defineRoute({
    method: 'get',
    path: '/fail',
    summary: 'Fails',
    tags: [],
    responses: {},
    handler: async () => {
      throw error;
    },
  });
}

describe('the error handler', () => {
  it('shows nothing of an unknown error, and reports it with its cause', async () => {
    const secret = new Error('SELECT * FROM keys at /home/user/db.sqlite sk-12345678');
    const { url, observer } = await serveRoutesInTest([failing(secret)]);
    const response = await fetch(`${url}/fail`);
    const problem = await readProblem(response);
    expect(problem.code).toBe('internal_error');
    expect(JSON.stringify(problem)).not.toMatch(/SELECT|home|sk-|stack/);
    expect(observer.failures).toEqual([
      { requestId: problem.instance, method: 'GET', route: '/fail', code: 'internal_error', error: secret },
    ]);
  });

  it('treats thrown values that are no errors alike', async () => {
    for (const thrown of ['text', 'route', null, undefined, 7, { status: 200 }]) {
      const { url } = await serveRoutesInTest([failing(thrown)]);
      expect((await fetch(`${url}/fail`)).status).toBe(500);
    }
  });

  it('sends Retry-After as the error says, and a default with 503 and 429', async () => {
    const given = await serveRoutesInTest([
      failing(new AppError('model_unavailable', 'x', { retryAfterSeconds: 12.2 })),
    ]);
    expect((await fetch(`${given.url}/fail`)).headers.get('retry-after')).toBe('13');
    const none = await serveRoutesInTest([failing(new AppError('search_unavailable', 'x'))]);
    expect((await fetch(`${none.url}/fail`)).headers.get('retry-after')).toBe('5');
  });

  it('cuts the connection when the head of the response is already out', async () => {
    const route = defineRoute({
      method: 'get',
      path: '/half',
      summary: 'Half',
      tags: [],
      responses: {},
      handler: async ({ response }) => {
        response.write('{"half":');
        throw new Error('later');
      },
    });
    const { url, observer } = await serveRoutesInTest([route]);
    await expect(fetch(`${url}/half`).then((response) => response.text())).rejects.toThrow();
    await expect.poll(() => observer.finished[0]?.aborted).toBe(true);
  });

  it('takes over a well-formed X-Request-Id and replaces any other', async () => {
    const { url } = await serveRoutesInTest([]);
    const ask = async (id: string) => {
      const response = await fetch(`${url}/nothing`, { headers: { 'x-request-id': id } });
      return (await readProblem(response)).instance;
    };
    expect(await ask('my-Trace_01')).toBe('my-Trace_01');
    expect(await ask('a b')).toMatch(/^req_/);
    expect(await ask('x'.repeat(65))).toMatch(/^req_/);
  });
});

describe('multipart errors', () => {
  const receive = multer({
    storage: multer.diskStorage({ destination: tmpdir() }),
    limits: { fileSize: 10, files: 2, fields: 2, parts: 4, fieldSize: 10, fieldNameSize: 20 },
    fileFilter: (_request, _file, callback) => callback(null, true),
  }).array('files');
  const upload = defineRoute({
    method: 'post',
    path: '/upload',
    summary: 'Upload',
    tags: [],
    request: { multipart: true },
    responses: { 200: { description: 'ok', schema: z.object({ ok: z.boolean() }) } },
    handler: async ({ request, response }) => {
      await new Promise<void>((resolve, reject) => {
        receive(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
      });
      sendJson(response, 200, { ok: true });
    },
  });
  const form = (...parts: [string, string | Blob][]) => {
    const data = new FormData();
    for (const [name, value] of parts) data.append(name, value);
    return data;
  };

  it('become codes of the list', async () => {
    const { url } = await serveRoutesInTest([upload]);
    const cases: [FormData, string][] = [
      [form(['files', new Blob(['x'.repeat(11)])]), 'payload_too_large'],
      [form(['files', new Blob([])], ['files', new Blob([])], ['files', new Blob([])]), 'payload_too_large'],
      [form(['a', '1'], ['b', '2'], ['c', '3']), 'payload_too_large'],
      [form(['a', 'x'.repeat(11)]), 'payload_too_large'],
      [form(['x'.repeat(21), '1']), 'invalid_multipart'],
      [form(['other', new Blob(['x'])]), 'invalid_multipart'],
    ];
    for (const [body, code] of cases) {
      expect((await readProblem(await fetch(`${url}/upload`, { method: 'POST', body }))).code).toBe(code);
    }
    expect((await fetch(`${url}/upload`, { method: 'POST', body: form(['files', new Blob(['x'])]) })).status).toBe(200);
  });

  it('of broken bodies are 400, and the server goes on', async () => {
    const { url } = await serveRoutesInTest([upload]);
    const part = 'Content-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nabc';
    const bodies: [string, string][] = [
      ['multipart/form-data', `--b\r\n${part}\r\n--b--\r\n`],
      ['multipart/form-data; boundary=b', `--b\r\n${part}`],
      ['multipart/form-data; boundary=b', ''],
      ['multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data; name=""\r\n\r\nx\r\n--b--\r\n'],
      ['multipart/form-data; boundary=b', '--b\r\nbroken header line\r\n\r\nx\r\n--b--\r\n'],
      [
        'multipart/form-data; boundary=b',
        `${'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n'.repeat(10_000)}--b--\r\n`,
      ],
    ];
    for (const [contentType, body] of bodies) {
      const response = await fetch(`${url}/upload`, { method: 'POST', body, headers: { 'content-type': contentType } });
      expect([body.slice(0, 40), [400, 413].includes(response.status)]).toEqual([body.slice(0, 40), true]);
      await readProblem(response);
    }
    expect((await fetch(`${url}/upload`, { method: 'POST', body: form(['files', new Blob(['x'])]) })).status).toBe(200);
  });
});

describe('a refused request that goes on sending', () => {
  it('is answered while its endless body is still coming, and then cut', async () => {
    const refusing = defineRoute({
      method: 'post',
      path: '/refuse',
      summary: 'Refuse',
      tags: [],
      request: { multipart: true },
      responses: {},
      handler: async ({ request }) => {
        await once(request, 'data');
        throw new AppError('payload_too_large', 'Too much.');
      },
    });
    const { port, server } = await serveRoutesInTest([refusing]);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes.toString();
    });
    socket.write('POST /refuse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n');
    socket.write('Content-Type: multipart/form-data; boundary=b\r\n\r\n');
    const flood = setInterval(() => socket.writable && socket.write(`3e8\r\n${'x'.repeat(1000)}\r\n`), 5);
    await expect.poll(() => answer, { timeout: 1000 }).toContain('HTTP/1.1 413');
    await expect.poll(() => socket.destroyed, { timeout: 5000 }).toBe(true);
    clearInterval(flood);
    expect(await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))).toBe(0);
  });
});

describe('toRequestError', () => {
  it('maps what Express throws by its status, never by its message', () => {
    const failed = (status: number) => toRequestError(Object.assign(new Error('secret'), { status }));
    expect([400, 404, 413, 415, 416, 500].map((status) => failed(status).code)).toEqual([
      'invalid_request',
      'not_found',
      'payload_too_large',
      'unsupported_media_type',
      'invalid_request',
      'internal_error',
    ]);
    expect(failed(400).message).not.toContain('secret');
  });
});

describe('hostile JSON bodies', () => {
  it('always end as 4xx problem+json or as the answer, never as 500', async () => {
    const route = defineRoute({
      method: 'post',
      path: '/json',
      summary: 'Json',
      tags: [],
      request: {
        body: z.object({
          name: z.string().trim().min(1),
          settings: z.record(z.string(), z.unknown()).optional(),
          list: z.array(z.union([z.string(), z.number()])).optional(),
        }),
      },
      responses: { 200: { description: 'ok', schema: z.looseObject({}) } },
      handler: async ({ body, response }) => sendJson(response, 200, body),
    });
    const served = await serveRoutes([route]);
    const key = fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', 'name', 'settings', 'list', 'toString'),
    );
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue(),
        fc.string({ unit: 'binary' }),
        fc.dictionary(key, tie('node'), { maxKeys: 4 }),
        fc.array(tie('node'), { maxLength: 4 }),
      ),
    })).node;
    const body = fc.oneof(
      tree.map((value) => Buffer.from(JSON.stringify(value))),
      tree.map((value) => Buffer.from(JSON.stringify(value).slice(0, -1))),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.string().map((name) => Buffer.from(JSON.stringify({ name }))),
      fc
        .tuple(key, fc.constantFrom('[', '{"a":', '1e999', '"\\u0000"', '"\\udfff"', '-', '0x1', 'NaN'), fc.nat(200))
        .map(([name, piece, times]) => Buffer.from(`{${JSON.stringify(name)}:${piece.repeat(times)}}`)),
    );
    const contentType = fc.constantFrom(
      'application/json',
      'application/json;charset=utf-8',
      'application/x+json',
      'a/b',
    );
    try {
      await fc.assert(
        fc.asyncProperty(body, contentType, async (bytes, type) => {
          const response = await fetch(`${served.url}/json`, {
            method: 'POST',
            body: bytes,
            headers: { 'content-type': type },
          });
          if (response.status === 200) await response.json();
          else {
            const problem = await readProblem(response);
            expect(problem.status).toBeGreaterThanOrEqual(400);
            expect(problem.status).toBeLessThan(500);
          }
        }),
        { numRuns: 300 },
      );
      expect(served.observer.failures).toEqual([]);
    } finally {
      await served.close();
    }
  });
});
