import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createSystemRoutes } from '../../src/http/system-routes.js';
import { createLoopbackGuard } from '../../src/tenants/loopback-guard.js';
import { serveRoutesInTest } from '../support/http-server.js';

/** Plain node:http, because fetch lets nobody set Host and Origin. */
function ask(port: number, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/health', headers, agent: false }, async (response) => {
      resolve({ status: response.statusCode ?? 0, body: await text(response) });
    });
    sent.on('error', reject);
    sent.end();
  });
}

function serve(keysConfigured: boolean) {
  const renderMetrics = async () => ({ contentType: 'text/plain', text: '' });
  return serveRoutesInTest(createSystemRoutes({ version: '1', probes: [], renderMetrics }), {
    prepare: (app) => app.use(createLoopbackGuard({ keysConfigured })),
  });
}

describe('the loopback guard', () => {
  it('answers to loopback names and origins', async () => {
    const { port } = await serve(false);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, '127.0.0.1', 'LOCALHOST']) {
      expect([host, (await ask(port, { host })).status]).toEqual([host, 200]);
    }
    for (const origin of [`http://127.0.0.1:${port}`, 'http://localhost:5173', 'http://[::1]:3000']) {
      expect([origin, (await ask(port, { origin })).status]).toEqual([origin, 200]);
    }
  });

  it('refuses other names (DNS rebinding) and pages of other sites (request forgery)', async () => {
    const { port } = await serve(false);
    const hosts = ['evil.test', `evil.test:${port}`, '127.0.0.1.evil.test', 'localhost.evil.test', '10.0.0.1', '[::2]'];
    for (const host of hosts) {
      const { status, body } = await ask(port, { host });
      expect([host, status]).toEqual([host, 403]);
      expect(body).toContain('"code":"forbidden"');
      expect(body).not.toContain('evil');
    }
    for (const origin of [
      'null',
      'https://evil.test',
      'http://127.0.0.1.evil.test',
      'http://sub.localhost.evil.test',
      'file://',
    ]) {
      expect([origin, (await ask(port, { origin })).status]).toEqual([origin, 403]);
    }
  });

  it('steps aside when keys are configured', async () => {
    const { port } = await serve(true);
    expect((await ask(port, { host: 'footnote.example.org', origin: 'https://example.org' })).status).toBe(200);
  });
});
