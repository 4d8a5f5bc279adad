/** Routes for those who run the server: does it live, can it work, what does it measure. */
import { z } from 'zod';
import { AppError } from '../domain/errors.js';
import { defineRoute, type Route } from './route.js';
import { sendJson } from './send-json.js';

/** A question to a part we depend on, asked with real work, not with a ping. */
export interface Probe {
  name: string;
  /** True: without it the server is not ready. False: without it the service is only degraded. */
  needed: boolean;
  /** Resolves when the part works. What it throws is shown as detail only when it is an AppError. */
  check(signal: AbortSignal): Promise<void>;
}

export const readinessSchema = z
  .object({
    status: z.enum(['ready', 'degraded', 'not-ready']),
    checks: z.array(
      z.object({
        name: z.string(),
        state: z.enum(['up', 'down']),
        /** Milliseconds the check took. */
        ms: z.number(),
        detail: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof readinessSchema>;

export interface SystemRouteDependencies {
  version: string;
  probes: readonly Probe[];
  /** Prometheus text and its content type. */
  renderMetrics: () => Promise<{ contentType: string; text: string }>;
  /** Time limit of one probe, 2 s unless given. */
  probeTimeoutMs?: number;
}

const healthSchema = z.object({ status: z.literal('ok'), version: z.string(), uptimeSeconds: z.number() });

/** `GET /health`, `GET /ready` and `GET /metrics`. */
export function createSystemRoutes(dependencies: SystemRouteDependencies): Route[] {
  const { version, probes, renderMetrics, probeTimeoutMs = 2000 } = dependencies;
  const readinessNow = shareRunning(() => checkReadiness(probes, probeTimeoutMs));
  return [
    defineRoute({
      method: 'get',
      path: '/health',
      summary: 'The process lives; says nothing about what it depends on',
      tags: ['operation'],
      public: true,
      responses: { 200: { description: 'It lives', schema: healthSchema.meta({ id: 'Health' }) } },
      handler: async ({ response }) => {
        sendJson(response, 200, { status: 'ok', version, uptimeSeconds: Math.round(process.uptime()) });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/ready',
      summary: 'State of every part the server depends on',
      tags: ['operation'],
      public: true,
      responses: {
        200: { description: 'Ready, or degraded: everything needed is up', schema: readinessSchema },
        503: { description: 'A needed part is down', schema: readinessSchema },
      },
      handler: async ({ response }) => {
        const readiness = await readinessNow();
        if (readiness.status === 'not-ready') response.setHeader('Retry-After', '2');
        sendJson(response, readiness.status === 'not-ready' ? 503 : 200, readiness);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/metrics',
      summary: 'Measurements in Prometheus text format; needs a key when keys are configured',
      tags: ['operation'],
      responses: { 200: { description: 'Prometheus text', contentType: 'text/plain' } },
      // Scrapers may add a query of their own.
      request: { query: z.looseObject({}) },
      handler: async ({ response }) => {
        const { contentType, text } = await renderMetrics();
        response.status(200).set('Content-Type', contentType).send(text);
      },
    }),
  ];
}

/** Asks all probes at once, each with a time limit; never throws. */
export async function checkReadiness(probes: readonly Probe[], timeoutMs: number): Promise<Readiness> {
  const results = await Promise.all(
    probes.map(async (probe) => ({ needed: probe.needed, check: await runProbe(probe, timeoutMs) })),
  );
  const down = results.filter(({ check }) => check.state === 'down');
  const status = down.some(({ needed }) => needed) ? 'not-ready' : down.length > 0 ? 'degraded' : 'ready';
  return { status, checks: results.map(({ check }) => check) };
}

/** Callers that come while a run is under way get its result: the page is public, the probes do real work. */
function shareRunning<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | null = null;
  return () => {
    running ??= run().finally(() => {
      running = null;
    });
    return running;
  };
}

async function runProbe(probe: Probe, timeoutMs: number): Promise<Readiness['checks'][number]> {
  const started = performance.now();
  const limit = AbortSignal.timeout(timeoutMs);
  const timedOut = new Promise<never>((_resolve, reject) => {
    limit.addEventListener('abort', () => reject(new AppError('internal_error', 'It did not answer in time.')), {
      once: true,
    });
  });
  const elapsed = (): number => Math.round(performance.now() - started);
  try {
    await Promise.race([probe.check(limit), timedOut]);
    return { name: probe.name, state: 'up', ms: elapsed() };
  } catch (error) {
    const detail = error instanceof AppError ? error.message : 'It answered with an error; the log holds the details.';
    return { name: probe.name, state: 'down', ms: elapsed(), detail };
  }
}
