/** Holds the address of the Chroma server while it runs, and those who wait for it while it does not. */
import { AppError } from '../../../domain/errors.js';

/** The address of a server that comes and goes. */
export interface Readiness {
  /** @throws AppError `search_unavailable` while there is none */
  url(): string;
  /** Waits for it. @throws AppError `search_unavailable` after `stop` */
  ready(): Promise<string>;
  /** The server is up at this address. */
  open(url: string): void;
  /** The server is gone; it may come back. */
  close(): void;
  /** It does not come back: those who wait are told so. */
  stop(): void;
}

function unavailable(): AppError {
  return new AppError('search_unavailable', 'The vector index is not running.', { retryAfterSeconds: 5 });
}

/** The address while there is one, and those who wait for it. */
export function createReadiness(): Readiness {
  let url: string | null = null;
  let stopped = false;
  let waiters: { resolve(url: string): void; reject(error: AppError): void }[] = [];
  const settle = (act: (waiter: (typeof waiters)[number]) => void) => {
    const now = waiters;
    waiters = [];
    now.forEach(act);
  };
  return {
    url() {
      if (url === null) throw unavailable();
      return url;
    },
    async ready() {
      if (url !== null) return url;
      if (stopped) throw unavailable();
      return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
    },
    open(newUrl) {
      url = newUrl;
      settle((waiter) => waiter.resolve(newUrl));
    },
    close() {
      url = null;
    },
    stop() {
      stopped = true;
      url = null;
      settle((waiter) => waiter.reject(unavailable()));
    },
  };
}
