/** Routes that change a document that is there: its title and rights, its content, another try. */
import { z } from 'zod';
import { aclSchema, type Document, documentSchema, metadataSchema } from '../domain/document.js';
import { AppError } from '../domain/errors.js';
import type { DocumentChange, DocumentStore, SeenState } from '../domain/ports/document-store.js';
import type { Principal } from '../domain/principal.js';
import { defineRoute, type Route } from '../http/route.js';
import { sendJson } from '../http/send-json.js';
import type { AcceptVersion, IncomingFile } from './accept-file.js';
import { documentEtag, ifMatchHeaders, readIfMatch } from './document-etag.js';
import { findDocument } from './find-or-404.js';
import { oneFileShape, readMultipart, type UploadLimits } from './read-multipart.js';
import { documentParams, waitSchema } from './route-shapes.js';
import { textFields, titleSchema, withTextFile } from './text-upload.js';
import { waitForDocuments } from './wait-for-document.js';

export interface ChangeRoutesDeps {
  documents: DocumentStore;
  acceptVersion: AcceptVersion;
  limits: UploadLimits;
}

const tags = ['documents'];

const changeSchema = z
  .strictObject({
    title: titleSchema.optional(),
    metadata: metadataSchema.optional(),
    acl: aclSchema.nullable().optional(),
  })
  .meta({ id: 'DocumentChange', description: 'What is given replaces the whole value; `acl` null: everybody.' });

const textVersionSchema = z.strictObject(textFields).meta({ id: 'TextVersion' });

/** Change, replace and retry documents. */
export function changeRoutes(deps: ChangeRoutesDeps): Route[] {
  return [patchRoute(deps), putRoute(deps), retryRoute(deps)];
}

function patchRoute({ documents }: ChangeRoutesDeps): Route {
  return defineRoute({
    method: 'patch',
    path: '/api/v1/documents/:id',
    summary: 'Change title, metadata or acl; the next question sees it',
    tags,
    request: { params: documentParams, headers: ifMatchHeaders, body: changeSchema },
    responses: { 200: { description: 'The document as it is now.', schema: documentSchema } },
    errors: ['not_found', 'precondition_failed'],
    async handler({ params, headers, body, principal, response }) {
      const document = await findDocument(documents, principal, params.id);
      const expected = readIfMatch(headers['if-match'], document);
      const target = { tenantId: principal.tenantId, documentId: document.id, expected };
      const changed = await documents.update(target, body);
      if (changed === null) throw new AppError('not_found', 'There is no such document.');
      response.setHeader('ETag', documentEtag(changed));
      sendJson(response, 200, changed);
    },
  });
}

function putRoute(deps: ChangeRoutesDeps): Route {
  return defineRoute({
    method: 'put',
    path: '/api/v1/documents/:id',
    summary: 'Replace the content: a next version; the present one answers until it is ready',
    tags,
    request: {
      params: documentParams,
      query: z.object({ wait: waitSchema }),
      headers: ifMatchHeaders,
      body: textVersionSchema,
      multipart: oneFileShape,
    },
    responses: { 202: { description: 'Accepted; `duplicate` when the content is the same.', schema: documentSchema } },
    errors: ['not_found', 'conflict', 'precondition_failed', 'no_files', 'type_mismatch', 'storage_full'],
    async handler({ request, response, params, query, headers, body, principal, signal }) {
      const document = await findDocument(deps.documents, principal, params.id);
      const expected = readIfMatch(headers['if-match'], document);
      const scope = { principal, document, expected };
      const accepted =
        body === undefined
          ? await readMultipart(request, response, {
              limits: { ...deps.limits, maxFiles: 1 },
              use: ([file], { externalId, ...change }) => {
                if (externalId !== undefined) throw externalIdIsFixed();
                return replace(deps, scope, { file: { ...file, bytes: file.size }, change });
              },
            })
          : await withTextFile(deps.limits.directory, body, (file) => {
              const { text: _, ...change } = body;
              return replace(deps, scope, { file, change });
            });
      const [settled = accepted] = await waitForDocuments(deps.documents, {
        tenantId: principal.tenantId,
        documents: [accepted],
        seconds: query.wait,
        signal,
      });
      response.location(`/api/v1/documents/${settled.id}`);
      response.setHeader('ETag', documentEtag(settled));
      sendJson(response, 202, settled);
    },
  });
}

function externalIdIsFixed(): AppError {
  return new AppError('invalid_request', 'The externalId of a document cannot be changed.', {
    errors: [{ path: 'externalId', message: 'This field is not known.' }],
  });
}

async function replace(
  { acceptVersion }: ChangeRoutesDeps,
  { principal, document, expected }: { principal: Principal; document: Document; expected: SeenState | undefined },
  version: { file: IncomingFile; change: DocumentChange },
): Promise<Document> {
  return await acceptVersion({ tenantId: principal.tenantId, documentId: document.id, expected }, version);
}

function retryRoute({ documents }: ChangeRoutesDeps): Route {
  return defineRoute({
    method: 'post',
    path: '/api/v1/documents/:id/retry',
    summary: 'Ingest a document that has failed again, from the start',
    tags,
    request: { params: documentParams },
    responses: { 202: { description: 'Queued again.', schema: documentSchema } },
    errors: ['not_found', 'conflict'],
    async handler({ params, principal, response }) {
      const document = await documents.retry(principal.tenantId, params.id);
      if (document === null) throw new AppError('not_found', 'There is no such document.');
      response.location(`/api/v1/documents/${document.id}`);
      sendJson(response, 202, document);
    },
  });
}
