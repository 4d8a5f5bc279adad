import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { expect, onTestFinished } from 'vitest';
import { type Problem, problemSchema } from '../../src/domain/answer.js';
import { type Authenticate, mountRoutes } from '../../src/http/mount-routes.js';
import { createRequestObservation } from '../../src/http/observe-requests.js';
import { createErrorHandler, createNotFoundHandler } from '../../src/http/problem-details.js';
import type { Route } from '../../src/http/route.js';
import { createFakeRequestObserver, type FakeRequestObserver } from '../fakes/fake-request-observer.js';

export interface TestServer {
  /** `http://127.0.0.1:port` */
  url: string;
  port: number;
  app: Express;
  server: Server;
  observer: FakeRequestObserver;
  close(): Promise<void>;
}

const localPrincipal: Authenticate = () => ({ tenantId: 'default', keyId: 'local' });

/**
 * Serves routes over a real socket as the product does (request id, validation, problem details, responses checked against
 * their schemas), with a fixed principal unless `authenticate` is given.
 */
export async function serveRoutes(
  routes: readonly Route[],
  options: { authenticate?: Authenticate; prepare?: (app: Express) => void } = {},
): Promise<TestServer> {
  const app = express();
  app.disable('x-powered-by');
  const observer = createFakeRequestObserver();
  app.use(createRequestObservation(observer));
  options.prepare?.(app);
  mountRoutes(app, routes, { authenticate: options.authenticate ?? localPrincipal, validateResponses: true });
  app.use(createNotFoundHandler());
  app.use(createErrorHandler({ observer }));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, port, app, server, observer, close };
}

/** {@link serveRoutes}, closed when the running test ends. */
export async function serveRoutesInTest(...parameters: Parameters<typeof serveRoutes>): Promise<TestServer> {
  const served = await serveRoutes(...parameters);
  onTestFinished(served.close);
  return served;
}

/** The body of an error response, after checks of what every one of them must be. */
export async function readProblem(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = problemSchema.parse(await response.json());
  expect(problem.status).toBe(response.status);
  expect(problem.type).toBe(`urn:footnote:error:${problem.code}`);
  expect(problem.instance).toBe(response.headers.get('x-request-id'));
  return problem;
}
