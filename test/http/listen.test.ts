import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '../../src/domain/errors.js';
import { type Listening, type ListenOptions, listen } from '../../src/http/listen.js';

type App = Parameters<typeof listen>[0];

async function start(app: App, options: Partial<ListenOptions> = {}): Promise<Listening> {
  const listening = await listen(app, { host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => listening.close(0));
  return listening;
}

function open(url: string, head: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(head);
  return { socket, answer: text(socket).catch(() => '') };
}

describe('listen', () => {
  it('gives the real address, and a sentence when the port is taken', async () => {
    const { url } = await start((_request, response) => response.end('ok'));
    expect(await (await fetch(url)).text()).toBe('ok');
    const port = Number(new URL(url).port);
    const again = listen(() => undefined, { host: '127.0.0.1', port });
    await expect(again).rejects.toThrow(AppError);
    await expect(again).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: `Port ${port} on 127.0.0.1 is already in use: stop the other program or set PORT to a free one.`,
    });
    await expect(listen(() => undefined, { host: '203.0.113.7', port: 0 })).rejects.toMatchObject({
      code: 'configuration_invalid',
    });
  });

  it('does not wait for a connection that was opened in advance and never used', async () => {
    const listening = await start((_request, response) => response.end('ok'));
    const socket = connect(Number(new URL(listening.url).port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    await sleep(50);
    const closed = await Promise.race([listening.close(20_000).then(() => 'closed'), sleep(3000, 'still open')]);
    expect(closed).toBe('closed');
    socket.destroy();
  });

  it('lets a running answer finish on close, takes no new one, and drops idle connections', async () => {
    const listening = await start(async (_request, response) => {
      await sleep(200);
      response.end('done');
    });
    const idle = await fetch(listening.url).then((response) => response.text());
    expect(idle).toBe('done');
    const running = fetch(listening.url).then((response) => response.text());
    await sleep(50);
    const started = performance.now();
    const closed = listening.close(5000);
    await expect(fetch(listening.url, { headers: { connection: 'close' } })).rejects.toThrow();
    expect(await running).toBe('done');
    await closed;
    await listening.close(5000);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('cuts what does not end within the grace', async () => {
    const listening = await start(() => undefined);
    const running = fetch(listening.url);
    running.catch(() => undefined);
    await sleep(50);
    const started = performance.now();
    await listening.close(200);
    expect(performance.now() - started).toBeLessThan(1000);
    await expect(running).rejects.toThrow();
  });

  it('ends a head that does not come, and a request that is not HTTP, with problem details', async () => {
    const { url } = await start((_request, response) => response.end('ok'), { headersTimeoutMs: 300 });
    const slow = await open(url, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ').answer;
    expect(slow).toMatch(/^HTTP\/1.1 400 .*application\/problem\+json.*"code":"invalid_request"/s);
    expect(slow).toContain('did not arrive in time');
    expect(await open(url, 'not http\r\n\r\n').answer).toContain('"detail":"This is not a valid HTTP request."');
    expect(await open(url, `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`).answer).toContain(
      'HTTP/1.1 413',
    );
  });

  it('cuts a body that trickles, not one that flows', async () => {
    const { url } = await start(
      (request, response) => {
        request.on('error', () => undefined);
        request.resume();
        request.on('end', () => response.end('got it'));
      },
      { bodyWindowMs: 300, minimumBodyBytes: 100 },
    );
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n';
    const slow = open(url, head);
    const trickle = setInterval(() => slow.socket.writable && slow.socket.write('x'), 50);
    expect(await slow.answer).toBe('');
    clearInterval(trickle);
    const steady = open(url, head);
    for (let sent = 0; sent < 2000; sent += 100) {
      steady.socket.write('x'.repeat(100));
      await sleep(40);
    }
    expect(await steady.answer).toContain('got it');
  });
});
