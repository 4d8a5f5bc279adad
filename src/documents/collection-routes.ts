import { z } from 'zod';
import { collectionSchema, createCollectionSchema, updateCollectionSchema } from '../domain/collection.js';
import type { CollectionStore } from '../domain/ports/collection-store.js';
import type { VectorIndexWriter } from '../domain/ports/vector-index.js';
import { idempotencyHeaders, type RunOnce, sendAnswer } from '../http/idempotency.js';
import { defineRoute, type Route } from '../http/route.js';
import { sendJson } from '../http/send-json.js';
import { findCollection } from './find-or-404.js';
import { collectionParams, cursorSchema, limitSchema, listOf } from './route-shapes.js';

export interface CollectionRoutesDeps {
  collections: CollectionStore;
  vectors: Pick<VectorIndexWriter, 'removeCollection'>;
  runOnce: RunOnce;
}

const tags = ['collections'];
const found = { 200: { description: 'The collection.', schema: collectionSchema } };

/** Create, list, read, change and delete collections. */
export function collectionRoutes({ collections, vectors, runOnce }: CollectionRoutesDeps): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/collections',
      summary: 'Create a collection',
      tags,
      request: { headers: idempotencyHeaders, body: createCollectionSchema },
      responses: { 201: { description: 'Created.', schema: collectionSchema } },
      errors: ['conflict', 'idempotency_conflict'],
      async handler(context) {
        const { name, description = '', settings = {} } = context.body;
        const answer = await runOnce(context, context.body, async () => {
          const input = { name, description, settings };
          const collection = await collections.create(context.principal.tenantId, input);
          return { status: 201, body: collection, location: `/api/v1/collections/${collection.id}` };
        });
        sendAnswer(context.response, answer);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/collections',
      summary: 'List collections',
      tags,
      request: { query: z.object({ limit: limitSchema, cursor: cursorSchema }) },
      responses: { 200: { description: 'A page of collections.', schema: listOf(collectionSchema) } },
      async handler({ query, principal, response }) {
        const { limit, cursor = null } = query;
        sendJson(response, 200, await collections.list(principal.tenantId, { limit, cursor }));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/collections/:collection',
      summary: 'Read a collection',
      tags,
      request: { params: collectionParams },
      responses: found,
      errors: ['not_found'],
      async handler({ params, principal, response }) {
        sendJson(response, 200, await findCollection(collections, principal, params.collection));
      },
    }),
    ...changingRoutes({ collections, vectors }),
  ];
}

function changingRoutes({ collections, vectors }: Omit<CollectionRoutesDeps, 'runOnce'>): Route[] {
  return [
    defineRoute({
      method: 'patch',
      path: '/api/v1/collections/:collection',
      summary: 'Change a collection',
      tags,
      request: { params: collectionParams, body: updateCollectionSchema },
      responses: found,
      errors: ['not_found', 'conflict'],
      async handler({ params, body, principal, response }) {
        const { id } = await findCollection(collections, principal, params.collection);
        sendJson(response, 200, await collections.update(principal.tenantId, id, body));
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/api/v1/collections/:collection',
      summary: 'Delete an empty collection',
      tags,
      request: { params: collectionParams },
      responses: { 204: { description: 'Deleted.' } },
      errors: ['not_found', 'conflict'],
      async handler({ params, principal, response }) {
        const { id } = await findCollection(collections, principal, params.collection);
        await collections.remove(principal.tenantId, id);
        await vectors.removeCollection(id);
        response.status(204).end();
      },
    }),
  ];
}
