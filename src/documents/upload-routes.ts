import { z } from 'zod';
import type { Collection } from '../domain/collection.js';
import type { Document } from '../domain/document.js';
import { AppError, type ErrorCode } from '../domain/errors.js';
import type { CollectionStore } from '../domain/ports/collection-store.js';
import type { DocumentReader } from '../domain/ports/document-store.js';
import type { Principal } from '../domain/principal.js';
import { idempotencyHeaders, type JsonAnswer, type RunOnce, sendAnswer } from '../http/idempotency.js';
import { defineRoute, type Route } from '../http/route.js';
import type { AcceptFile } from './accept-file.js';
import { findCollection } from './find-or-404.js';
import {
  multipartShape,
  type ReceivedFile,
  readMultipart,
  type UploadFields,
  type UploadLimits,
} from './read-multipart.js';
import { collectionParams, type RejectedFile, uploadResultSchema, waitSchema } from './route-shapes.js';
import { textFields, withTextFile } from './text-upload.js';
import { waitForDocuments } from './wait-for-document.js';

export interface UploadRoutesDeps {
  collections: CollectionStore;
  documents: DocumentReader;
  acceptFile: AcceptFile;
  limits: UploadLimits;
  runOnce: RunOnce;
}

const textUploadSchema = z
  .strictObject({ ...textFields, externalId: z.string().trim().min(1).max(500).optional() })
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
        headers: idempotencyHeaders,
        body: textUploadSchema,
        multipart: multipartShape,
      },
      responses: {
        202: { description: 'Accepted; each document is ingested in the background.', schema: uploadResultSchema },
      },
      errors: [
        'not_found',
        'no_files',
        'payload_too_large',
        'unsupported_media_type',
        'type_mismatch',
        'conflict',
        'idempotency_conflict',
        'storage_full',
      ],
      async handler(context) {
        const { request, response, params, query, body, principal, signal } = context;
        const collection = await findCollection(deps.collections, principal, params.collection);
        const scope = { principal, collection, seconds: query.wait, signal };
        const answer =
          body === undefined
            ? await readMultipart(request, response, {
                limits: deps.limits,
                use: (files, fields) => {
                  const contents = files.map(({ sha256, filename }) => ({ sha256, filename }));
                  const parts = { collection: collection.id, files: contents, fields };
                  return deps.runOnce(context, parts, async () =>
                    answerOf(deps, scope, await acceptFiles(deps, scope, { files, fields })),
                  );
                },
              })
            : await deps.runOnce(context, { collection: collection.id, body }, async () =>
                answerOf(deps, scope, { documents: [await acceptText(deps, scope, body)], rejected: [] }),
              );
        sendAnswer(response, answer);
      },
    }),
  ];
}

interface Scope {
  principal: Principal;
  collection: Collection;
  /** How long to wait until the documents are settled. */
  seconds: number;
  signal: AbortSignal;
}

async function answerOf(
  deps: UploadRoutesDeps,
  { principal, seconds, signal }: Scope,
  { documents: accepted, rejected }: UploadOutcome,
): Promise<JsonAnswer> {
  const { tenantId } = principal;
  const documents = await waitForDocuments(deps.documents, { tenantId, documents: accepted, seconds, signal });
  const [first] = documents;
  const location = first === undefined ? undefined : `/api/v1/documents/${first.id}`;
  return { status: 202, body: { documents, rejected }, location };
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
  { text, ...fields }: z.infer<typeof textUploadSchema>,
): Promise<Document> {
  const { tenantId } = principal;
  return await withTextFile(deps.limits.directory, { title: fields.title, text }, (file) =>
    deps.acceptFile({ ...fields, ...file, tenantId, collectionId: collection.id }),
  );
}
