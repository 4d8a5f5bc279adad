import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { AppError } from '../domain/errors.js';

/**
 * Protects a server without keys from the browser of the person it runs for. Any web page can make that browser send
 * requests to 127.0.0.1 (cross-site request forgery) or point a name of its own there (DNS rebinding). So a request must
 * call us by a loopback name, and an `Origin`, when there is one, must be loopback too.
 *
 * The returned check throws AppError `forbidden`. Use it for every door, WebSocket upgrades included. With keys configured
 * it lets everything pass: a page cannot know the key.
 */
export function createLoopbackCheck({
  keysConfigured,
}: {
  keysConfigured: boolean;
}): (request: IncomingMessage) => void {
  if (keysConfigured) return () => undefined;
  return ({ headers }) => {
    if (!isLoopbackUrl(`http://${headers.host ?? ''}`)) {
      throw new AppError(
        'forbidden',
        'Without API keys this server only answers requests to 127.0.0.1 or localhost: set API_KEYS to use another name.',
      );
    }
    if (headers.origin !== undefined && !isLoopbackUrl(headers.origin)) {
      throw new AppError('forbidden', 'Without API keys this server takes no requests from pages of other sites.');
    }
  };
}

/** The check as middleware. */
export function createLoopbackGuard(options: { keysConfigured: boolean }): RequestHandler {
  const check = createLoopbackCheck(options);
  return (request, _response, next) => {
    check(request);
    next();
  };
}

function isLoopbackUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname } = new URL(text);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
