import { searchRequestSchema, searchResponseSchema } from '../domain/passage.js';
import type { SearchPassages } from '../domain/ports/search.js';
import { defineRoute, type Route } from '../http/route.js';
import { sendJson } from '../http/send-json.js';

/** Search without an answer. */
export function searchRoutes(deps: { search: SearchPassages }): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/search',
      summary: 'Find passages',
      tags: ['search'],
      request: { body: searchRequestSchema },
      responses: { 200: { description: 'The best passages, best first.', schema: searchResponseSchema } },
      errors: ['not_found', 'search_unavailable', 'model_unavailable'],
      async handler({ body, principal, response, signal }) {
        sendJson(response, 200, await deps.search(principal, body, signal));
      },
    }),
  ];
}
