import type { FinishedRequest, RequestObserver } from '../../src/domain/ports/request-observer.js';

/** Records what the HTTP layer reports. */
export interface FakeRequestObserver extends RequestObserver {
  readonly finished: FinishedRequest[];
  readonly failures: Parameters<RequestObserver['requestFailed']>[0][];
}

export function createFakeRequestObserver(): FakeRequestObserver {
  const finished: FinishedRequest[] = [];
  const failures: Parameters<RequestObserver['requestFailed']>[0][] = [];
  return {
    finished,
    failures,
    requestFinished: (request) => {
      finished.push(request);
    },
    requestFailed: (failure) => {
      failures.push(failure);
    },
  };
}
