import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineRoute } from '../../src/http/route.js';
import {
  type EventStream,
  type EventStreamOptions,
  formatEvent,
  openEventStream,
} from '../../src/http/server-sent-events.js';
import { serveRoutesInTest } from '../support/http-server.js';

function streaming(use: (stream: EventStream) => Promise<void>, options?: EventStreamOptions) {
  return defineRoute({
    method: 'get',
    path: '/events',
    summary: 'Events',
    tags: [],
    responses: { 200: { description: 'events', contentType: 'text/event-stream' } },
    handler: async ({ request, response }) => use(openEventStream(request, response, options)),
  });
}

describe('openEventStream', () => {
  it('sends events in order under the headers that keep proxies from buffering', async () => {
    const route = streaming(async (stream) => {
      await stream.send({ id: 1, event: 'text-delta', data: { text: 'a' } });
      await stream.send({ id: 2, event: 'answer-end', data: {} });
      stream.close();
      await stream.send({ event: 'late', data: {} });
    });
    const { url } = await serveRoutesInTest([route]);
    const response = await fetch(`${url}/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect((await fetch(`${url}/events`, { method: 'HEAD' })).status).toBe(200);
    expect(await response.text()).toBe(
      'id: 1\nevent: text-delta\ndata: {"text":"a"}\n\nid: 2\nevent: answer-end\ndata: {}\n\n',
    );
  });

  it('sends the head at once, and a comment when it is idle', async () => {
    let stream: EventStream | undefined;
    const route = streaming(
      async (opened) => {
        stream = opened;
      },
      { heartbeatMs: 20 },
    );
    const { url } = await serveRoutesInTest([route]);
    const response = await fetch(`${url}/events`);
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(': \n\n');
    stream?.close();
    await reader?.cancel();
  });

  it('aborts `closed` when the client leaves, and sends nothing after that', async () => {
    let stream: EventStream | undefined;
    const route = streaming(async (opened) => {
      stream = opened;
      await opened.send({ event: 'a', data: 1 });
    });
    const { url } = await serveRoutesInTest([route]);
    const controller = new AbortController();
    await fetch(`${url}/events`, { signal: controller.signal });
    expect(stream?.closed.aborted).toBe(false);
    controller.abort();
    await expect.poll(() => stream?.closed.aborted).toBe(true);
    await stream?.send({ event: 'b', data: 2 });
    stream?.close();
  });

  it('waits for a slow reader, and cuts off one that does not read at all', async () => {
    let sent = 0;
    let ended = false;
    const route = streaming(
      async (stream) => {
        while (!stream.closed.aborted) {
          await stream.send({ event: 'big', data: 'x'.repeat(100_000) });
          sent += 1;
        }
        ended = true;
      },
      { slowReaderMs: 300 },
    );
    const { port } = await serveRoutesInTest([route]);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => ended, { timeout: 5000 }).toBe(true);
    // What kernel and stream buffers hold, not an endless queue in memory.
    expect(sent).toBeLessThan(200);
    socket.destroy();
  });
});

describe('formatEvent', () => {
  it('keeps any data on one line, so that no text can forge an event', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\r\n\r\nevent: error\ndata: x\n\n', 'a\u2028b\u2029')),
        (text) => {
          const frame = formatEvent({ id: 7, event: 'text-delta', data: { text } });
          const lines = frame.split(/[\r\n\u2028\u2029]/);
          expect(lines).toHaveLength(5);
          expect(lines.slice(0, 2)).toEqual(['id: 7', 'event: text-delta']);
          expect(JSON.parse((lines[2] as string).replace('data: ', ''))).toEqual({ text });
        },
      ),
    );
  });

  it('refuses an event name or id with a line break', () => {
    expect(() => formatEvent({ event: 'a\nb', data: 1 })).toThrow(TypeError);
    expect(() => formatEvent({ id: '1\r2', event: 'a', data: 1 })).toThrow(TypeError);
  });
});
