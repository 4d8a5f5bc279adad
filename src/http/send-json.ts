import { isDeepStrictEqual } from 'node:util';
import type { Response } from 'express';
import type { RouteResponse } from './route.js';

const expectations = new WeakMap<Response, Record<number, RouteResponse>>();

/** From now on `sendJson` on this response checks what it sends against the route's documented responses. */
export function expectResponses(response: Response, responses: Record<number, RouteResponse>): void {
  expectations.set(response, responses);
}

/**
 * Sends a JSON body.
 * @throws Error when responses are validated (tests) and the body is not what the route documents: another status, a missing
 *         or wrong field, or a field too many
 */
export function sendJson(response: Response, status: number, body: unknown): void {
  const documented = expectations.get(response);
  if (documented !== undefined) checkResponse(documented, status, body);
  response.status(status).json(body);
}

function checkResponse(documented: Record<number, RouteResponse>, status: number, body: unknown): void {
  const expected = documented[status];
  if (expected?.schema === undefined) throw new Error(`the route does not document a JSON response ${status}`);
  const plain: unknown = JSON.parse(JSON.stringify(body));
  const result = expected.schema.safeParse(plain);
  if (!result.success) throw new Error(`response ${status} is not as documented: ${result.error.message}`);
  if (!isDeepStrictEqual(result.data, plain))
    throw new Error(`response ${status} holds fields that are not documented`);
}
