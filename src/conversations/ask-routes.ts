/** Questions over HTTP: as JSON, as a stream, to be fetched later; and the answers they become. It only translates. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { type Answer, type AskRequest, answerSchema, askRequestSchema, feedbackSchema } from '../domain/answer.js';
import { AppError, ERROR_CODE_LIST, toAppError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import { toProblem } from '../domain/problem.js';
import { defineRoute, type Route } from '../http/route.js';
import { sendJson } from '../http/send-json.js';
import { openEventStream } from '../http/server-sent-events.js';
import type { AnswerService } from './answer-service.js';

export interface AskRoutesDependencies {
  answers: AnswerService;
}

const EVENT_STREAM = 'text/event-stream';
const answerParams = z.object({ id: z.string().min(1).max(64) });

/** All routes of questions and answers. */
export function askRoutes(dependencies: AskRoutesDependencies): Route[] {
  return [
    askRoute(dependencies),
    findAnswerRoute(dependencies),
    answerEventsRoute(dependencies),
    cancelAnswerRoute(dependencies),
    feedbackRoute(dependencies),
  ];
}

function askRoute({ answers }: AskRoutesDependencies): Route {
  return defineRoute({
    method: 'post',
    path: '/api/v1/ask',
    summary: 'Ask a question; JSON, a stream of events, or later',
    tags: ['answers'],
    request: { body: askRequestSchema, headers: z.object({ prefer: z.string().optional() }) },
    responses: {
      200: { description: 'The answer, or its events.', schema: answerSchema, contentType: EVENT_STREAM },
      202: { description: 'The answer is being made; Location says where.', schema: answerSchema },
    },
    errors: ['not_found', 'search_unavailable', 'storage_unavailable', 'model_unavailable', 'model_failed'],
    handler: async ({ request, response, principal, body, headers, signal }) => {
      const respondAsync = /(?:^|,)\s*respond-async\s*(?:[,;]|$)/i.test(headers.prefer ?? '');
      if (respondAsync) response.setHeader('Preference-Applied', 'respond-async');
      if (wantsStream(request)) {
        const { id } = await answers.start(principal, body, { respondAsync });
        response.setHeader('Location', `/api/v1/answers/${id}`);
        await streamAnswer({ request, response, answers, principal, answerId: id, afterId: 0 });
      } else if (respondAsync) {
        const answer = await answers.start(principal, body, { respondAsync });
        response.setHeader('Location', `/api/v1/answers/${answer.id}`);
        sendJson(response, 202, answer);
      } else {
        const answer = await waitForAnswer(answers, principal, { body, signal });
        if (answer !== null) sendJson(response, 200, answer);
      }
    },
  });
}

/** The finished answer; null when the client went away. @throws AppError the one that ended the answer */
async function waitForAnswer(
  answers: AnswerService,
  principal: Principal,
  { body, signal }: { body: AskRequest; signal: AbortSignal },
): Promise<Answer | null> {
  // A client that waits for JSON does not know the answer's id, so it cannot come back to it.
  const { id } = await answers.start(principal, body, { respondAsync: false, graceMs: 0 });
  for await (const event of answers.subscribe(principal, id, { afterId: 0, signal })) {
    if (event.event === 'answer-end') return event.data.answer;
    if (event.event === 'answer-error') {
      const { code, detail } = event.data.problem;
      const known = ERROR_CODE_LIST.find((candidate) => candidate === code);
      throw new AppError(known ?? 'internal_error', detail);
    }
  }
  return null;
}

function findAnswerRoute({ answers }: AskRoutesDependencies): Route {
  return defineRoute({
    method: 'get',
    path: '/api/v1/answers/:id',
    summary: 'Read an answer',
    tags: ['answers'],
    request: { params: answerParams },
    responses: { 200: { description: 'The answer as it stands.', schema: answerSchema } },
    errors: ['not_found'],
    handler: async ({ params, principal, response }) => {
      sendJson(response, 200, await answers.find(principal, params.id));
    },
  });
}

function answerEventsRoute({ answers }: AskRoutesDependencies): Route {
  return defineRoute({
    method: 'get',
    path: '/api/v1/answers/:id/events',
    summary: 'Follow an answer, from the event after Last-Event-ID',
    tags: ['answers'],
    request: {
      params: answerParams,
      headers: z.object({ 'last-event-id': z.coerce.number().int().min(0).optional() }),
    },
    responses: {
      200: { description: 'The events of the answer.', contentType: EVENT_STREAM },
      204: { description: 'Everything was read already; do not reconnect.' },
    },
    errors: ['not_found'],
    handler: async ({ request, response, params, principal, headers }) => {
      const afterId = headers['last-event-id'] ?? 0;
      if (await answers.isReadToEnd(principal, params.id, afterId)) response.status(204).end();
      else await streamAnswer({ request, response, answers, principal, answerId: params.id, afterId });
    },
  });
}

function cancelAnswerRoute({ answers }: AskRoutesDependencies): Route {
  return defineRoute({
    method: 'delete',
    path: '/api/v1/answers/:id',
    summary: 'Cancel a running answer',
    tags: ['answers'],
    request: { params: answerParams },
    responses: { 200: { description: 'The answer as it ended.', schema: answerSchema } },
    errors: ['not_found'],
    handler: async ({ params, principal, response }) => {
      sendJson(response, 200, await answers.cancel(principal, params.id));
    },
  });
}

function feedbackRoute({ answers }: AskRoutesDependencies): Route {
  return defineRoute({
    method: 'post',
    path: '/api/v1/answers/:id/feedback',
    summary: 'Rate an answer; a second rating replaces the first',
    tags: ['answers'],
    request: { params: answerParams, body: feedbackSchema },
    responses: { 204: { description: 'The rating is stored.' } },
    errors: ['not_found'],
    handler: async ({ params, principal, body, response }) => {
      await answers.rate(principal, params.id, body);
      response.status(204).end();
    },
  });
}

function wantsStream(request: Request): boolean {
  return request.accepts(['application/json', EVENT_STREAM]) === EVENT_STREAM;
}

interface StreamInput {
  request: Request;
  response: Response;
  answers: AnswerService;
  principal: Principal;
  answerId: string;
  afterId: number;
}

/** Sends events until the terminal one, or until the client leaves. A failing log still ends with an event. */
async function streamAnswer({ request, response, answers, principal, answerId, afterId }: StreamInput): Promise<void> {
  const stream = openEventStream(request, response);
  try {
    const events = answers.subscribe(principal, answerId, { afterId, signal: stream.closed });
    for await (const { id, event, data } of events) await stream.send({ id, event, data });
  } catch (error) {
    await stream.send({ event: 'answer-error', data: { problem: toProblem(toAppError(error), answerId) } });
  }
  stream.close();
}
