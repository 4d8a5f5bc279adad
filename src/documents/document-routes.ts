import { z } from 'zod';
import { deleteReceiptSchema, documentSchema, documentStatusSchema, storedPageSchema } from '../domain/document.js';
import { AppError } from '../domain/errors.js';
import { passageSchema } from '../domain/passage.js';
import type { CollectionStore } from '../domain/ports/collection-store.js';
import type { DocumentStore } from '../domain/ports/document-store.js';
import { defineRoute, type Route } from '../http/route.js';
import { sendJson } from '../http/send-json.js';
import type { DeleteDocument } from './delete-document.js';
import { documentEtag } from './document-etag.js';
import { findCollection, findDocument } from './find-or-404.js';
import { collectionParams, cursorSchema, documentParams, limitSchema, listOf, waitSchema } from './route-shapes.js';
import { waitForDocuments } from './wait-for-document.js';

export interface DocumentRoutesDeps {
  collections: CollectionStore;
  documents: DocumentStore;
  deleteDocument: DeleteDocument;
}

const tags = ['documents'];
const METADATA_PREFIX = 'metadata.';
const storedPassageSchema = passageSchema.omit({ score: true, scores: true });

const listQuery = z
  .object({
    status: documentStatusSchema.optional(),
    q: z.string().max(500).optional(),
    limit: limitSchema,
    cursor: cursorSchema,
  })
  .catchall(z.string().max(10_000));

/** List, read and delete documents; their pages and passages. */
export function documentRoutes(deps: DocumentRoutesDeps): Route[] {
  return [listRoute(deps), readRoute(deps), deleteRoute(deps), pageRoute(deps), ...passageRoutes(deps)];
}

function listRoute({ collections, documents }: DocumentRoutesDeps): Route {
  return defineRoute({
    method: 'get',
    path: '/api/v1/collections/:collection/documents',
    summary: 'List documents, newest first; metadata.<key>=<value> narrows',
    tags,
    request: { params: collectionParams, query: listQuery },
    responses: { 200: { description: 'A page of documents.', schema: listOf(documentSchema) } },
    errors: ['not_found'],
    async handler({ params, query, principal, response }) {
      const collection = await findCollection(collections, principal, params.collection);
      const { status, q, limit, cursor, ...rest } = query;
      const page = await documents.list(principal.tenantId, {
        collectionId: collection.id,
        status,
        titleContains: q,
        metadata: readMetadataQuery(rest),
        limit,
        cursor: cursor ?? null,
      });
      sendJson(response, 200, page);
    },
  });
}

function readMetadataQuery(rest: Record<string, string>): Record<string, string> {
  const entries = Object.entries(rest).map(([name, value]): [string, string] => {
    if (!name.startsWith(METADATA_PREFIX) || name === METADATA_PREFIX) {
      throw new AppError('invalid_request', 'The query has a field that is not known.', {
        errors: [{ path: name, message: 'is not a known field' }],
      });
    }
    return [name.slice(METADATA_PREFIX.length), value];
  });
  return Object.fromEntries(entries);
}

function readRoute({ documents }: DocumentRoutesDeps): Route {
  return defineRoute({
    method: 'get',
    path: '/api/v1/documents/:id',
    summary: 'Read a document',
    tags,
    request: { params: documentParams, query: z.object({ wait: waitSchema }) },
    responses: { 200: { description: 'The document.', schema: documentSchema } },
    errors: ['not_found'],
    async handler({ params, query, principal, response, signal }) {
      const document = await findDocument(documents, principal, params.id);
      const [settled = document] = await waitForDocuments(documents, {
        tenantId: principal.tenantId,
        documents: [document],
        seconds: query.wait,
        signal,
      });
      response.setHeader('ETag', documentEtag(settled));
      sendJson(response, 200, settled);
    },
  });
}

function deleteRoute({ deleteDocument }: DocumentRoutesDeps): Route {
  return defineRoute({
    method: 'delete',
    path: '/api/v1/documents/:id',
    summary: 'Delete a document everywhere; it is invisible at once',
    tags,
    request: { params: documentParams },
    responses: { 200: { description: 'What was removed.', schema: deleteReceiptSchema } },
    errors: ['not_found'],
    async handler({ params, principal, response, signal }) {
      sendJson(response, 200, await deleteDocument(principal, params.id, signal));
    },
  });
}

function pageRoute({ documents }: DocumentRoutesDeps): Route {
  return defineRoute({
    method: 'get',
    path: '/api/v1/documents/:id/pages/:number',
    summary: 'Stored text of a page',
    tags,
    request: { params: documentParams.extend({ number: z.coerce.number().int().min(1).max(1_000_000) }) },
    responses: { 200: { description: 'The page; offsets of citations count in its text.', schema: storedPageSchema } },
    errors: ['not_found'],
    async handler({ params, principal, response }) {
      const page = await documents.findPage(principal.tenantId, params.id, params.number);
      if (page === null) throw new AppError('not_found', 'There is no such page.');
      sendJson(response, 200, page);
    },
  });
}

function passageRoutes({ documents }: DocumentRoutesDeps): Route[] {
  const passageQuery = z.object({ limit: limitSchema, cursor: cursorSchema });
  const responses = { 200: { description: 'A page of passages, in order.', schema: listOf(storedPassageSchema) } };
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/documents/:id/passages',
      summary: 'Passages of a document',
      tags,
      request: { params: documentParams, query: passageQuery },
      responses,
      errors: ['not_found'],
      async handler({ params, query, principal, response }) {
        const { id } = await findDocument(documents, principal, params.id);
        const options = { limit: query.limit, cursor: query.cursor ?? null };
        sendJson(response, 200, await documents.listPassages(principal.tenantId, id, options));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/documents/:id/pages/:number/passages',
      summary: 'Passages of a page',
      tags,
      request: {
        params: documentParams.extend({ number: z.coerce.number().int().min(1).max(1_000_000) }),
        query: passageQuery,
      },
      responses,
      errors: ['not_found'],
      async handler({ params, query, principal, response }) {
        const { id } = await findDocument(documents, principal, params.id);
        const options = { limit: query.limit, cursor: query.cursor ?? null, page: params.number };
        sendJson(response, 200, await documents.listPassages(principal.tenantId, id, options));
      },
    }),
  ];
}
