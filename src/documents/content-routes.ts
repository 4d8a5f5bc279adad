import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request } from 'express';
import { AppError } from '../domain/errors.js';
import type { BlobStore } from '../domain/ports/blob-store.js';
import type { DocumentReader } from '../domain/ports/document-store.js';
import { defineRoute, type Route } from '../http/route.js';
import { documentParams } from './route-shapes.js';

/** The original bytes: always an attachment, never sniffed, in ranges when asked (RFC 9110, section 14). */
export function contentRoutes(deps: { documents: DocumentReader; blobs: BlobStore }): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/documents/:id/content',
      summary: 'Download the original',
      tags: ['documents'],
      request: { params: documentParams },
      responses: {
        200: { description: 'The original bytes.', contentType: 'application/octet-stream' },
        206: { description: 'The bytes of the range asked for.', contentType: 'application/octet-stream' },
        416: { description: 'The range lies outside.' },
      },
      errors: ['not_found'],
      async handler({ params, principal, request, response }) {
        const blob = await deps.documents.findBlob(principal.tenantId, params.id);
        if (blob === null) throw new AppError('not_found', 'There is no such document.');
        response.attachment(blob.filename);
        response.type(blob.mediaType);
        response.setHeader('X-Content-Type-Options', 'nosniff');
        response.setHeader('Accept-Ranges', 'bytes');
        const range = readRange(request, blob.bytes);
        if (range === 'outside') {
          response.status(416).setHeader('Content-Range', `bytes */${blob.bytes}`);
          response.end();
          return;
        }
        if (range !== null) {
          response.status(206).setHeader('Content-Range', `bytes ${range.start}-${range.end}/${blob.bytes}`);
        }
        response.setHeader('Content-Length', range === null ? blob.bytes : range.end - range.start + 1);
        if (request.method === 'HEAD') {
          response.end();
          return;
        }
        await pipeline(Readable.from(await deps.blobs.open(blob.blobKey, range ?? undefined)), response);
      },
    }),
  ];
}

/** One range of bytes; null for none, or for several, which may be answered with the whole (RFC 9110, 14.2). */
function readRange(request: Request, size: number): { start: number; end: number } | 'outside' | null {
  // A client that wants the range only of an unchanged file gets the whole: we give it nothing to compare with.
  if (request.headers['if-range'] !== undefined) return null;
  const ranges = request.range(size);
  if (ranges === -1) return 'outside';
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return null;
  return ranges[0] ?? null;
}
