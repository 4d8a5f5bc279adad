/**
 * A route is data: method, path, zod schemas, handler. From it come the mounted endpoint (mount-routes.ts), the types of
 * its handler and its part of the OpenAPI document (openapi.ts). This file defines and checks; it serves nothing.
 */
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ErrorCode } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';

export type RouteMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Schemas of what comes in. Objects without a catchall are made strict: an unknown field is a 400. */
export interface RouteInputs {
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** Lower-case header names; unlike the others it lets unknown headers pass. */
  headers?: z.ZodObject;
  /** JSON body. */
  body?: z.ZodType;
  /**
   * The route also takes (with `body`), or only takes (without), multipart/form-data; the handler reads it itself and finds
   * `body` undefined. A schema instead of `true` describes the parts in the OpenAPI document and validates nothing.
   */
  multipart?: true | z.ZodType;
}

/** One documented response. `schema` is its JSON; `contentType` names a further, not-JSON form of it. */
export interface RouteResponse {
  description: string;
  schema?: z.ZodType;
  contentType?: string;
}

type Validated<Schema> = Schema extends z.ZodType ? z.output<Schema> : Record<never, never>;
type ValidatedBody<Inputs extends RouteInputs> = Inputs['body'] extends z.ZodType
  ? Inputs['multipart'] extends true | z.ZodType
    ? z.output<Inputs['body']> | undefined
    : z.output<Inputs['body']>
  : undefined;

/** What a handler gets: validated inputs and who asks. */
export interface RouteContext<Inputs extends RouteInputs = RouteInputs, Public extends boolean = boolean> {
  request: Request;
  response: Response;
  params: Validated<Inputs['params']>;
  query: Validated<Inputs['query']>;
  headers: Validated<Inputs['headers']>;
  /** Undefined when the request is multipart. */
  body: ValidatedBody<Inputs>;
  /** Null on public routes. */
  principal: Public extends true ? null : Principal;
  requestId: string;
  /** Aborted when the client goes away before the response is complete. */
  signal: AbortSignal;
}

/** What {@link defineRoute} takes. */
export interface RouteDefinition<Inputs extends RouteInputs, Public extends boolean> {
  method: RouteMethod;
  /** Express pattern with `:name` parameters, e.g. `/api/v1/documents/:id`. */
  path: string;
  /** One line for the API page. */
  summary: string;
  tags: string[];
  request?: Inputs;
  responses: Record<number, RouteResponse>;
  /** True: no API key is asked for. */
  public?: Public;
  /** Error codes to document beside those every route can give (invalid_request, unauthenticated, internal_error). */
  errors?: ErrorCode[];
  handler: (context: RouteContext<Inputs, Public>) => Promise<unknown>;
}

/** Context of a route whose types were forgotten; what the mounting code calls handlers with. */
export interface ErasedContext {
  request: Request;
  response: Response;
  params: unknown;
  query: unknown;
  headers: unknown;
  body: unknown;
  principal: unknown;
  requestId: string;
  signal: AbortSignal;
}

/** A checked route, ready to be mounted and documented. */
export interface Route {
  readonly method: RouteMethod;
  readonly path: string;
  readonly summary: string;
  readonly tags: string[];
  readonly request: RouteInputs;
  readonly responses: Record<number, RouteResponse>;
  readonly public: boolean;
  readonly errors: ErrorCode[];
  /** A method, so that a handler of precise types fits (parameters of methods are compared both ways). */
  handler(context: ErasedContext): Promise<unknown>;
}

/** Names of the `:name` parameters of a path. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/:([A-Za-z0-9_]+)/g)].map((match) => match[1] as string);
}

/**
 * Makes a route; the handler's context is typed from the schemas.
 * @throws TypeError when the parameters of the path and of the schema differ, or a GET has a body: mistakes of the author
 */
export function defineRoute<Inputs extends RouteInputs = Record<never, never>, Public extends boolean = false>(
  definition: RouteDefinition<Inputs, Public>,
): Route {
  const inputs: RouteInputs = definition.request ?? {};
  const inPath = pathParameters(definition.path).sort().join();
  const inSchema = Object.keys(inputs.params?.shape ?? {})
    .sort()
    .join();
  if (inPath !== inSchema) {
    throw new TypeError(`${definition.path}: the path has parameters (${inPath}), the schema has (${inSchema})`);
  }
  if (definition.method === 'get' && (inputs.body !== undefined || inputs.multipart !== undefined)) {
    throw new TypeError(`${definition.path}: a GET has no body`);
  }
  return {
    method: definition.method,
    path: definition.path,
    summary: definition.summary,
    tags: definition.tags,
    request: inputs,
    responses: definition.responses,
    public: definition.public ?? false,
    errors: definition.errors ?? [],
    handler: definition.handler as Route['handler'],
  };
}
