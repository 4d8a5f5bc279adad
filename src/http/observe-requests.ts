import type { RequestHandler } from 'express';
import type { RequestObserver } from '../domain/ports/request-observer.js';
import { requestState } from './request-state.js';

/** Gives every response its `X-Request-Id` and reports the request when it is over. Mount it first. */
export function createRequestObservation(observer: RequestObserver): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const { socket } = request;
    const bytesBefore = socket.bytesWritten;
    const state = requestState(request);
    response.setHeader('X-Request-Id', state.requestId);
    response.once('close', () => {
      observer.requestFinished({
        requestId: state.requestId,
        method: request.method,
        route: state.route,
        status: response.statusCode,
        ms: Math.round((performance.now() - started) * 10) / 10,
        bytes: socket.bytesWritten - bytesBefore,
        aborted: !response.writableFinished,
        tenantId: state.principal?.tenantId ?? null,
        keyId: state.principal?.keyId ?? null,
      });
    });
    next();
  };
}
