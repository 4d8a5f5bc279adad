/**
 * The interactive API page at /docs: Swagger UI from its npm package, with our own page and start script, so that it runs
 * under a content security policy without inline script and asks no other host for anything.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { type RequestHandler, Router } from 'express';
import { requestState } from './request-state.js';

const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const;

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Footnote API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

// validatorUrl null: by default the page asks a public validator about the document.
const START = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
});
`;

/** Serves /docs and the files it needs. */
export function createDocsPage(): Router {
  const directory = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const router = Router();
  router.get('/docs', named('/docs'), (_request, response) => {
    response.type('html').send(PAGE);
  });
  router.get('/docs/start.js', named('/docs/start.js'), (_request, response) => {
    response.type('text/javascript').send(START);
  });
  for (const file of FILES) {
    router.get(`/docs/${file}`, named(`/docs/${file}`), (_request, response) => {
      response.sendFile(file, { root: directory, maxAge: '1h' });
    });
  }
  return router;
}

function named(route: string): RequestHandler {
  return (request, _response, next) => {
    requestState(request).route = route;
    next();
  };
}
