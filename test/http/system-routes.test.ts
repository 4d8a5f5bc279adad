import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/domain/errors.js';
import { checkReadiness, createSystemRoutes, type Probe } from '../../src/http/system-routes.js';
import { serveRoutesInTest } from '../support/http-server.js';

const up = (name: string, needed = true): Probe => ({ name, needed, check: async () => undefined });
const down = (name: string, needed: boolean, error: unknown = new Error('secret path /srv')): Probe => ({
  name,
  needed,
  check: async () => {
    throw error;
  },
});
const hanging: Probe = { name: 'chroma', needed: true, check: () => new Promise(() => undefined) };

function serve(probes: Probe[]) {
  const renderMetrics = async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'a_total 1\n' });
  return serveRoutesInTest(createSystemRoutes({ version: '1.0.0', probes, renderMetrics, probeTimeoutMs: 100 }));
}

describe('the system routes', () => {
  it('say that the process lives, whatever is down', async () => {
    const { url } = await serve([down('sql', true)]);
    const response = await fetch(`${url}/health?probe=1`);
    expect([response.status, await response.json()]).toEqual([
      200,
      { status: 'ok', version: '1.0.0', uptimeSeconds: expect.any(Number) },
    ]);
  });

  it('are ready with all parts up, degraded without an optional one, not ready without a needed one', async () => {
    const status = async (probes: Probe[]) => {
      const response = await fetch(`${(await serve(probes)).url}/ready`);
      return [response.status, ((await response.json()) as { status: string }).status];
    };
    expect(await status([up('sql'), up('chroma')])).toEqual([200, 'ready']);
    expect(await status([up('sql'), down('model', false)])).toEqual([200, 'degraded']);
    expect(await status([down('sql', true), down('model', false)])).toEqual([503, 'not-ready']);
  });

  it('ask all parts at once, cut off those that hang, and show no foreign message', async () => {
    const started = performance.now();
    const probes = [
      hanging,
      { ...hanging, name: 'queue' },
      down('sql', true),
      down('model', false, new AppError('model_failed', 'No model.')),
    ];
    const { checks } = await checkReadiness(probes, 100);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(checks.map(({ name, state, detail }) => [name, state, detail])).toEqual([
      ['chroma', 'down', 'It did not answer in time.'],
      ['queue', 'down', 'It did not answer in time.'],
      ['sql', 'down', 'It answered with an error; the log holds the details.'],
      ['model', 'down', 'No model.'],
    ]);
    expect(checks[0]?.ms).toBeGreaterThanOrEqual(95);
  });

  it('tell the probe when its time is over', async () => {
    const signals: AbortSignal[] = [];
    const probe: Probe = {
      ...hanging,
      check: (signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    };
    await checkReadiness([probe], 20);
    expect(signals[0]?.aborted).toBe(true);
  });

  it('run the probes once for all who ask at the same time', async () => {
    let runs = 0;
    const check = async () => {
      runs += 1;
      await sleep(100);
    };
    const { url } = await serve([{ name: 'sql', needed: true, check }]);
    await Promise.all(Array.from({ length: 10 }, () => fetch(`${url}/ready`)));
    expect(runs).toBeLessThan(4);
    const before = runs;
    await fetch(`${url}/ready`);
    expect(runs).toBe(before + 1);
  });

  it('give the metrics as text', async () => {
    const { url } = await serve([]);
    const response = await fetch(`${url}/metrics?name=a`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toBe('a_total 1\n');
  });
});
