/** The OpenAPI 3.1 document, made from the same routes that are mounted, so that the two cannot differ. */
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { problemSchema } from '../domain/answer.js';
import { ERROR_CODES, type ErrorCode } from '../domain/errors.js';
import { defineRoute, type Route, type RouteResponse } from './route.js';
import { sendJson } from './send-json.js';
import { strictened } from './validate.js';

export interface ApiInfo {
  title: string;
  version: string;
  description: string;
}

/** An OpenAPI 3.1 document as plain JSON. */
export type OpenApiDocument = ReturnType<typeof createDocument>;

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer fn_…`.' },
  apiKeyHeader: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
} as const;

/** The routes together with `GET /openapi.json`, which describes them all and itself. */
export function withOpenApi(routes: readonly Route[], info: ApiInfo): Route[] {
  let document: OpenApiDocument | null = null;
  const all: Route[] = [
    ...routes,
    defineRoute({
      method: 'get',
      path: '/openapi.json',
      summary: 'This API as an OpenAPI 3.1 document',
      tags: ['operation'],
      public: true,
      responses: { 200: { description: 'The document', schema: z.record(z.string(), z.unknown()) } },
      handler: async ({ response }) => {
        document ??= createOpenApiDocument(all, info);
        sendJson(response, 200, document);
      },
    }),
  ];
  return all;
}

/** The document over the routes; a schema with `.meta({id})` becomes a component. */
export function createOpenApiDocument(routes: readonly Route[], info: ApiInfo): OpenApiDocument {
  const paths: NonNullable<ZodOpenApiObject['paths']> = {};
  for (const route of routes) {
    const path = route.path.replace(/:([A-Za-z0-9_]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: toOperation(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: { ...info },
    tags: [...new Set(routes.flatMap((route) => route.tags))].map((name) => ({ name })),
    security: [{ bearer: [] }, { apiKeyHeader: [] }],
    components: { securitySchemes: SECURITY_SCHEMES },
    paths,
  });
}

function toOperation(route: Route): ZodOpenApiOperationObject {
  const { params, query, headers } = route.request;
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: route.tags,
    ...(route.public ? { security: [] } : {}),
    requestParams: {
      ...(params === undefined ? {} : { path: params }),
      ...(query === undefined ? {} : { query }),
      ...(headers === undefined ? {} : { header: headers }),
    },
    ...requestBody(route),
    responses: { ...successResponses(route.responses), ...errorResponses(route) },
  };
}

/** `get /api/v1/documents/:id` -> `getDocumentsById`. */
function operationId(route: Route): string {
  const words = route.path
    .replace(/^\/api\/v\d+/, '')
    .replace(/\/:/g, '/by-')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return route.method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function requestBody({ request }: Route): Pick<ZodOpenApiOperationObject, 'requestBody'> {
  const { body, multipart } = request;
  if (body === undefined && multipart === undefined) return {};
  const anyParts = { type: 'object', additionalProperties: true } as const;
  return {
    requestBody: {
      required: multipart !== undefined || !body?.safeParse(undefined).success,
      content: {
        ...(body === undefined ? {} : { 'application/json': { schema: documentedBody(body) } }),
        ...(multipart === undefined
          ? {}
          : { 'multipart/form-data': { schema: multipart === true ? anyParts : multipart } }),
      },
    },
  };
}

/** A schema with an id stays itself, so that it becomes that component; an unnamed one is shown as strict as it is read. */
function documentedBody(body: z.ZodType): z.ZodType {
  return body.meta()?.id === undefined ? strictened(body) : body;
}

function successResponses(responses: Record<number, RouteResponse>): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { description, schema, contentType }]) => [
      status,
      {
        description,
        ...(schema === undefined && contentType === undefined
          ? {}
          : {
              content: {
                ...(schema === undefined ? {} : { 'application/json': { schema } }),
                ...(contentType === undefined ? {} : { [contentType]: { schema: { type: 'string' as const } } }),
              },
            }),
      },
    ]),
  );
}

/** Error codes a route can give by its shape alone. */
function impliedErrors({ request, public: isPublic }: Route): ErrorCode[] {
  const hasBody = request.body !== undefined || request.multipart !== undefined;
  return [
    'invalid_request',
    ...(isPublic ? [] : (['unauthenticated', 'forbidden'] as const)),
    ...(request.params === undefined ? [] : (['not_found'] as const)),
    ...(request.body === undefined ? [] : (['invalid_json'] as const)),
    ...(request.multipart === undefined ? [] : (['invalid_multipart'] as const)),
    ...(hasBody ? (['payload_too_large', 'unsupported_media_type'] as const) : []),
    'internal_error',
  ];
}

function errorResponses(route: Route): ZodOpenApiResponsesObject {
  const codesByStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...impliedErrors(route), ...route.errors])) {
    const { status } = ERROR_CODES[code];
    codesByStatus.set(status, [...(codesByStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...codesByStatus]
      // A status of the route itself (503 of /ready) keeps its own body.
      .filter(([status]) => route.responses[status] === undefined)
      .map(([status, codes]) => [
        String(status),
        {
          description: codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}`).join('. '),
          content: { 'application/problem+json': { schema: problemSchema } },
        },
      ]),
  );
}
