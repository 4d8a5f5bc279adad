import type { RequestObserver } from '../../domain/ports/request-observer.js';
import type { EventSinks } from './events.js';

/** Writes one line a request and counts it. Failures on our side get a second line with the stack. */
export function createRequestLog({ logger, metrics }: EventSinks): RequestObserver {
  return {
    requestFinished: (request) => {
      const level = request.status >= 500 ? 'error' : isProbe(request.route) ? 'debug' : 'info';
      logger[level]({ event: 'request', ...request }, 'request');
      const { method, route, status } = request;
      metrics.httpRequests.inc({ method: knownMethod(method), route, status: String(status) });
      metrics.httpDuration.observe({ method: knownMethod(method), route }, request.ms / 1000);
      if (request.aborted) metrics.httpAborted.inc({ route });
    },
    requestFailed: ({ error, ...failure }) => {
      logger.error({ event: 'request-failed', ...failure, err: error }, 'request failed');
    },
  };
}

/** Asked every few seconds by machines; as lines they would bury the others. */
function isProbe(route: string): boolean {
  return route === '/health' || route === '/ready' || route === '/metrics';
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A client may invent methods; a label may not grow with them. */
function knownMethod(method: string): string {
  return METHODS.has(method) ? method : 'other';
}
