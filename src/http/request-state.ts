/**
 * What is known about a request beside what Express keeps: its id, the pattern of its route, who asks. It lives in a weak
 * map, so nothing a client sends can set it, and the raw Node request is enough to read it.
 */
import type { IncomingMessage } from 'node:http';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';

export interface RequestState {
  requestId: string;
  /** Pattern of the matched route; `unmatched` until one matched. */
  route: string;
  principal: Principal | null;
}

const states = new WeakMap<IncomingMessage, RequestState>();
const INCOMING_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The state of a request, made at the first call: a well-formed `X-Request-Id` is taken over, otherwise a new id is made. */
export function requestState(request: IncomingMessage): RequestState {
  const known = states.get(request);
  if (known !== undefined) return known;
  const given = request.headers['x-request-id'];
  const requestId = typeof given === 'string' && INCOMING_ID.test(given) ? given : newId('req');
  const state: RequestState = { requestId, route: 'unmatched', principal: null };
  states.set(request, state);
  return state;
}
