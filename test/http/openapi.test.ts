import type { IRouter } from 'express';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createDocsPage } from '../../src/http/docs-page.js';
import { createOpenApiDocument, withOpenApi } from '../../src/http/openapi.js';
import { defineRoute } from '../../src/http/route.js';
import { createSecurityHeaders } from '../../src/http/security-headers.js';
import { sendJson } from '../../src/http/send-json.js';
import { createSystemRoutes } from '../../src/http/system-routes.js';
import { serveRoutesInTest } from '../support/http-server.js';

const thing = z.object({ id: z.string(), at: z.iso.datetime() }).meta({ id: 'TestThing' });
const info = { title: 'Test', version: '1.2.3', description: 'A test.' };
const noMetrics = async () => ({ contentType: 'text/plain', text: '' });

const routes = withOpenApi(
  [
    ...createSystemRoutes({ version: '1', probes: [], renderMetrics: noMetrics }),
    defineRoute({
      method: 'post',
      path: '/api/v1/collections/:collection/things/:id',
      summary: 'Make',
      tags: ['things'],
      request: {
        params: z.object({ collection: z.string(), id: z.string() }),
        query: z.object({ wait: z.coerce.number().max(60).optional() }),
        headers: z.object({ prefer: z.string().optional() }),
        body: z.object({ title: z.string().default('x') }),
        multipart: true,
      },
      responses: { 202: { description: 'Taken', schema: thing, contentType: 'text/event-stream' } },
      errors: ['search_unavailable', 'storage_unavailable'],
      handler: async ({ response }) => sendJson(response, 202, { id: 'x', at: new Date().toISOString() }),
    }),
    defineRoute({
      method: 'delete',
      path: '/api/v1/collections/:collection/things/:id',
      summary: 'Remove',
      tags: ['things'],
      request: { params: z.object({ collection: z.string(), id: z.string() }) },
      responses: { 204: { description: 'Gone' } },
      handler: async ({ response }) => response.status(204).end(),
    }),
  ],
  info,
);

const operationSchema = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  responses: z.record(z.string().regex(/^\d{3}$/), z.looseObject({ description: z.string().min(1) })),
});

/** The parts of the OpenAPI 3.1 structure that a client generator needs. */
const documentSchema = z.looseObject({
  openapi: z.string().regex(/^3\.1\.\d$/),
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(z.enum(['get', 'post', 'put', 'patch', 'delete']), operationSchema.optional()),
  ),
  components: z.looseObject({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
});

function mounted(router: IRouter): string[] {
  return router.stack.flatMap(({ route }) => {
    if (route === undefined) return [];
    const methods = [...new Set(route.stack.map((layer) => layer.method))];
    return methods.filter((method) => method !== undefined).map((method) => `${method} ${route.path}`);
  });
}

describe('the OpenAPI document', () => {
  it('lists every mounted route, and nothing that is not mounted', async () => {
    const { app, url } = await serveRoutesInTest(routes);
    const document = documentSchema.parse(await (await fetch(`${url}/openapi.json`)).json());
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(documented.sort()).toEqual(mounted(app.router as unknown as IRouter).sort());
  });

  it('has unique operation ids, resolvable references and all parameters of each path', () => {
    const document = createOpenApiDocument(routes, info);
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(document.components?.schemas ?? {})).toContain(name);
    }
    const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
      Object.values(item).map((operation) => ({
        path,
        operation: operation as { operationId: string; parameters?: { in: string; name: string }[] },
      })),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect(named.sort()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort());
    }
  });

  it('documents bodies, media types, errors by status, and which routes are public', () => {
    const { paths, components } = createOpenApiDocument(routes, info);
    const make = paths?.['/api/v1/collections/{collection}/things/{id}']?.post;
    expect(make).toMatchObject({
      requestBody: { content: { 'application/json': {}, 'multipart/form-data': {} } },
      responses: {
        202: {
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/TestThing' } },
            'text/event-stream': {},
          },
        },
        413: { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
        503: { description: expect.stringMatching(/search_unavailable.*storage_unavailable/) },
      },
    });
    expect(make?.security).toBeUndefined();
    expect(paths?.['/health']?.get?.security).toEqual([]);
    expect(paths?.['/ready']?.get?.responses?.['503']).toMatchObject({ content: { 'application/json': {} } });
    expect(components?.securitySchemes).toHaveProperty('bearer');
  });
});

describe('the API page', () => {
  it('runs under the content security policy: own files only, nothing inline', async () => {
    const { url } = await serveRoutesInTest(routes, {
      prepare: (app) => {
        app.use(createSecurityHeaders());
        app.use(createDocsPage());
      },
    });
    const page = await fetch(`${url}/docs`);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('x-powered-by')).toBeNull();
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
    const html = await page.text();
    expect(html).not.toMatch(/https?:|<script>|<style|\son\w+=/);
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
    expect(files).toContain('/docs/start.js');
    for (const file of files) {
      const response = await fetch(`${url}${file}`);
      const body = await response.text();
      expect([file, response.status, body.length > 50]).toEqual([file, 200, true]);
      if (file === '/docs/start.js') expect(body).toContain("'/openapi.json'");
      if (file.endsWith('.js')) expect(response.headers.get('content-type')).toContain('javascript');
    }
    expect((await fetch(`${url}/docs/`)).status).toBe(200);
    expect((await fetch(`${url}/docs/package.json`)).status).toBe(404);
  });
});
