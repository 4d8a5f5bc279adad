/** Turns routes into Express endpoints: authenticate, validate, call the handler, and answer 405 for the other methods. */
import type { IncomingMessage } from 'node:http';
import type { IRouter, NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import { AppError, toAppError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import { readJsonBody } from './json-body.js';
import { requestState } from './request-state.js';
import type { ErasedContext, Route } from './route.js';
import { expectResponses } from './send-json.js';
import { refuseUnstorable, strictened, validate } from './validate.js';

/** Says who asks, from the headers alone; one function for every scheme and door. @throws AppError `unauthenticated` */
export type Authenticate = (request: IncomingMessage) => Principal;

export interface MountDependencies {
  authenticate: Authenticate;
  /** Check every body given to `sendJson` against the route's schemas: for tests. */
  validateResponses?: boolean;
}

/**
 * Mounts all routes; call it once, with all of them, so that a known path with a wrong method is told from an unknown path.
 * @throws TypeError for two routes of the same method and path
 */
export function mountRoutes(router: IRouter, routes: readonly Route[], dependencies: MountDependencies): void {
  const methodsByPath = new Map<string, string[]>();
  for (const route of routes) {
    const methods = methodsByPath.get(route.path) ?? [];
    if (methods.includes(route.method)) throw new TypeError(`${route.method} ${route.path} is defined twice`);
    methodsByPath.set(route.path, [...methods, route.method]);
    router[route.method](route.path, createEndpoint(route, dependencies));
  }
  for (const [path, methods] of methodsByPath) router.route(path).all(createMethodRefusal(path, methods));
}

function createEndpoint(route: Route, dependencies: MountDependencies) {
  const schemas = {
    params: strictened(route.request.params ?? z.object({})),
    // Probes and browsers may add a query of their own to public pages.
    query: strictened(route.request.query ?? (route.public ? z.looseObject({}) : z.object({}))),
    headers: route.request.headers ?? z.object({}),
    body: bodySchema(route),
  };
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const state = requestState(request);
    state.route = route.path;
    try {
      state.principal = route.public ? null : dependencies.authenticate(request);
      response.setHeader('Cache-Control', 'no-store');
      if (dependencies.validateResponses === true) expectResponses(response, route.responses);
      const signal = clientSignal(response);
      const inputs = await readInputs(request, response, { route, schemas });
      const context: ErasedContext = {
        request,
        response,
        ...inputs,
        principal: state.principal,
        requestId: state.requestId,
        signal,
      };
      await route.handler(context);
    } catch (error) {
      // Express reads some values given to next(), null and 'route' among them, as no error.
      next(error instanceof Error ? error : toAppError(error));
    }
  };
}

type Schemas = Record<'params' | 'query' | 'headers', z.ZodType> & { body: z.ZodType | null };

async function readInputs(
  request: Request,
  response: Response,
  { route, schemas }: { route: Route; schemas: Schemas },
): Promise<Pick<ErasedContext, 'params' | 'query' | 'headers' | 'body'>> {
  const query: Record<string, unknown> = { ...request.query };
  refuseUnstorable(request.params, 'path');
  refuseUnstorable(query, 'query');
  return {
    params: await validate(schemas.params, { ...request.params }, 'path'),
    query: await validate(schemas.query, query, 'query'),
    headers: await validate(schemas.headers, request.headers, 'headers'),
    body: await readBody(request, response, { route, schema: schemas.body }),
  };
}

/** Null: no JSON body is read. A write that needs none still refuses fields, so that nobody believes they were heeded. */
function bodySchema(route: Route): z.ZodType | null {
  if (route.request.body !== undefined) return strictened(route.request.body);
  if (route.method === 'get' || route.request.multipart !== undefined) return null;
  return z.strictObject({}).optional();
}

async function readBody(
  request: Request,
  response: Response,
  { route, schema }: { route: Route; schema: z.ZodType | null },
): Promise<unknown> {
  const isMultipart = typeof request.is('multipart/form-data') === 'string';
  if (route.request.multipart !== undefined && isMultipart) return undefined;
  if (schema === null) {
    if (route.request.multipart === undefined) return undefined;
    throw new AppError('unsupported_media_type', 'Send the body as multipart/form-data.');
  }
  return validate(schema, await readJsonBody(request, response), 'body');
}

function createMethodRefusal(path: string, methods: string[]) {
  const offered = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return (request: Request, response: Response): void => {
    requestState(request).route = path;
    response.setHeader('Allow', offered.join(', '));
    if (request.method === 'OPTIONS') {
      response.status(204).end();
      return;
    }
    throw new AppError('method_not_allowed', `This address takes ${offered.join(', ')}.`);
  };
}

function clientSignal(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
