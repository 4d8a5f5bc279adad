import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Collection } from '../domain/collection.js';
import { aclSchema, type Document, metadataSchema } from '../domain/document.js';
import { AppError, type ErrorCode } from '../domain/errors.js';
import type { CollectionStore } from '../domain/ports/collection-store.js';
import type { DocumentReader } from '../domain/ports/document-store.js';
import type { Principal } from '../domain/principal.js';
import { defineRoute, type Route } from '../http/route.js';
import { sendJson } from '../http/send-json.js';
import { type AcceptFile, writeHashed } from './accept-file.js';
import { findCollection } from './find-or-404.js';
import {
  multipartShape,
  type ReceivedFile,
  readMultipart,
  type UploadFields,
  type UploadLimits,
} from './read-multipart.js';
import { collectionParams, type RejectedFile, uploadResultSchema, waitSchema } from './route-shapes.js';
import { waitForDocuments } from './wait-for-document.js';

export interface UploadRoutesDeps {
  collections: CollectionStore;
  documents: DocumentReader;
  acceptFile: AcceptFile;
  limits: UploadLimits;
}

const textUploadSchema = z
  .strictObject({
    title: z.string().trim().min(1).max(500),
    text: z.string().min(1).max(1_900_000),
    metadata: metadataSchema.optional(),
    acl: aclSchema.optional(),
    externalId: z.string().trim().min(1).max(500).optional(),
  })
  .meta({ id: 'TextUpload' });

interface UploadOutcome {
  documents: Document[];
  rejected: RejectedFile[];
}

/** What is wrong with a file is told file by file; what is wrong with us ends the request. */
const FILE_ERRORS: ReadonlySet<ErrorCode> = new Set([
  'document_empty',
  'unsupported_media_type',
  'type_mismatch',
  'password_required',
  'corrupt',
  'entity_expansion',
  'inflated_too_large',
]);

/** Upload as multipart (many files) or as JSON (a title and a text). */
export function uploadRoutes(deps: UploadRoutesDeps): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/collections/:collection/documents',
      summary: 'Upload documents',
      tags: ['documents'],
      request: {
        params: collectionParams,
        query: z.object({ wait: waitSchema }),
        body: textUploadSchema,
        multipart: multipartShape,
      },
      responses: {
        202: { description: 'Accepted; each document is ingested in the background.', schema: uploadResultSchema },
      },
      errors: ['not_found', 'no_files', 'payload_too_large', 'unsupported_media_type', 'type_mismatch', 'storage_full'],
      async handler({ request, response, params, query, body, principal, signal }) {
        const collection = await findCollection(deps.collections, principal, params.collection);
        const scope = { principal, collection };
        const outcome =
          body === undefined
            ? await readMultipart(request, response, {
                limits: deps.limits,
                use: (files, fields) => acceptFiles(deps, scope, { files, fields }),
              })
            : { documents: [await acceptText(deps, scope, body)], rejected: [] };
        const documents = await waitForDocuments(deps.documents, {
          tenantId: principal.tenantId,
          documents: outcome.documents,
          seconds: query.wait,
          signal,
        });
        const first = documents[0];
        if (first !== undefined) response.location(`/api/v1/documents/${first.id}`);
        sendJson(response, 202, { documents, rejected: outcome.rejected });
      },
    }),
  ];
}

interface Scope {
  principal: Principal;
  collection: Collection;
}

async function acceptFiles(
  deps: UploadRoutesDeps,
  { principal, collection }: Scope,
  { files, fields }: { files: ReceivedFile[]; fields: UploadFields },
): Promise<UploadOutcome> {
  const outcome: UploadOutcome = { documents: [], rejected: [] };
  const errors: AppError[] = [];
  for (const { path, size, sha256, filename } of files) {
    try {
      const file = { path, bytes: size, sha256, filename, tenantId: principal.tenantId, collectionId: collection.id };
      outcome.documents.push(await deps.acceptFile({ ...file, ...fields }));
    } catch (error) {
      if (!(error instanceof AppError) || !FILE_ERRORS.has(error.code)) throw error;
      outcome.rejected.push({ filename, code: error.code, detail: error.message });
      errors.push(error);
    }
  }
  if (outcome.documents.length === 0) throw allRejected(errors, outcome.rejected);
  return outcome;
}

function allRejected(errors: AppError[], rejected: RejectedFile[]): AppError {
  const [first] = errors as [AppError];
  if (errors.length === 1) return first;
  return new AppError(first.code, 'None of the files could be accepted.', {
    errors: rejected.map(({ filename, detail }) => ({ path: filename, message: detail })),
  });
}

async function acceptText(
  deps: UploadRoutesDeps,
  { principal, collection }: Scope,
  { text, title, ...fields }: z.infer<typeof textUploadSchema>,
): Promise<Document> {
  const path = join(deps.limits.directory, `text-${randomUUID()}`);
  const { size, sha256 } = await writeHashed(Readable.from([Buffer.from(text, 'utf8')]), path);
  return await deps.acceptFile({
    ...fields,
    path,
    title,
    sha256,
    bytes: size,
    filename: `${title}.txt`,
    mediaType: 'text/plain',
    tenantId: principal.tenantId,
    collectionId: collection.id,
  });
}
