/** Mounts middleware and feature routes, in order. What a request meets on its way is read here from top to bottom. */
import express, { type Express } from 'express';
import type { AppContext } from './app-context.js';
import { askRoutes } from './conversations/ask-routes.js';
import { changeRoutes } from './documents/change-routes.js';
import { collectionRoutes } from './documents/collection-routes.js';
import { contentRoutes } from './documents/content-routes.js';
import { documentRoutes } from './documents/document-routes.js';
import { progressRoutes } from './documents/progress-routes.js';
import { searchRoutes } from './documents/search-routes.js';
import { uploadRoutes } from './documents/upload-routes.js';
import { viewerRoutes } from './documents/viewer-routes.js';
import type { RequestObserver } from './domain/ports/request-observer.js';
import { createDocsPage } from './http/docs-page.js';
import { createRunOnce } from './http/idempotency.js';
import { mountRoutes } from './http/mount-routes.js';
import { createRequestObservation } from './http/observe-requests.js';
import { type ApiInfo, withOpenApi } from './http/openapi.js';
import { createErrorHandler, createNotFoundHandler } from './http/problem-details.js';
import type { Route } from './http/route.js';
import { createSecurityHeaders } from './http/security-headers.js';
import { createSystemRoutes, type Probe } from './http/system-routes.js';
import { createAuthenticate } from './tenants/authenticate.js';
import { createLoopbackGuard } from './tenants/loopback-guard.js';

export interface AppDeps {
  context: AppContext;
  observer: RequestObserver;
  renderMetrics: () => Promise<{ contentType: string; text: string }>;
  version: string;
}

/** The Express application. */
export function createApp({ context, observer, renderMetrics, version }: AppDeps): Express {
  const { config } = context;
  const apiKeys = config.secrets.apiKeys;
  const routes = withOpenApi(
    [...featureRoutes(context), ...createSystemRoutes({ version, probes: probes(context), renderMetrics })],
    apiInfo(version),
  );
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(createRequestObservation(observer));
  app.use(createSecurityHeaders());
  app.use(createLoopbackGuard({ keysConfigured: apiKeys.length > 0 }));
  app.use(createDocsPage());
  mountRoutes(app, routes, {
    authenticate: createAuthenticate({ apiKeys }),
    validateResponses: config.mode === 'test',
  });
  app.use(createNotFoundHandler());
  app.use(createErrorHandler({ observer }));
  return app;
}

/** Every route of every feature. */
export function featureRoutes(context: AppContext): Route[] {
  const { stores, vectors, temporaryDirectory } = context.backends;
  const { maxUploadBytes, maxUploadFiles } = context.config.http;
  const limits = { directory: temporaryDirectory, maxFileBytes: maxUploadBytes, maxFiles: maxUploadFiles };
  const runOnce = createRunOnce({ store: stores.idempotency });
  const library = { ...stores, ...context, vectors, limits, runOnce };
  return [
    ...collectionRoutes(library),
    ...uploadRoutes(library),
    ...documentRoutes(library),
    ...changeRoutes(library),
    ...contentRoutes(library),
    ...progressRoutes(library),
    ...viewerRoutes(library),
    ...searchRoutes(context),
    ...askRoutes(context),
  ];
}

/** What `/ready` asks: each part with real work. A model that is down only degrades, the built-in answerer takes over. */
function probes({ backends, probeChatModel }: AppContext): Probe[] {
  const { stores, vectors } = backends;
  return [
    { name: 'sql', needed: true, check: () => stores.probe() },
    { name: 'chroma', needed: true, check: () => vectors.probe() },
    { name: 'queue', needed: true, check: async () => void (await stores.queue.counts()) },
    ...(probeChatModel === null ? [] : [{ name: 'model', needed: false, check: probeChatModel }]),
  ];
}

function apiInfo(version: string): ApiInfo {
  return {
    title: 'Footnote',
    version,
    description: 'Answers questions from your own documents; every statement carries a citation that was checked.',
  };
}
