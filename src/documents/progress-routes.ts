import type { Document, IngestProgress } from '../domain/document.js';
import type { DocumentReader } from '../domain/ports/document-store.js';
import type { Principal } from '../domain/principal.js';
import { defineRoute, type Route } from '../http/route.js';
import { type EventStream, openEventStream } from '../http/server-sent-events.js';
import { findDocument } from './find-or-404.js';
import { documentParams } from './route-shapes.js';
import { isSettled } from './wait-for-document.js';

const POLL_MS = 200;

/**
 * Progress of an ingestion as events: `document-progress` {stage, done, total} whenever it changes, at last
 * `document-ready` or `document-failed` with the document.
 */
export function progressRoutes(deps: { documents: DocumentReader }): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/documents/:id/events',
      summary: 'Follow the ingestion of a document',
      tags: ['documents'],
      request: { params: documentParams },
      responses: {
        200: { description: 'The events, until the document is ready or failed.', contentType: 'text/event-stream' },
      },
      errors: ['not_found'],
      async handler({ params, principal, request, response }) {
        const document = await findDocument(deps.documents, principal, params.id);
        const stream = openEventStream(request, response);
        await follow(deps.documents, { principal, document }, stream);
        stream.close();
      },
    }),
  ];
}

/** How a document ends that was deleted while it was watched. */
function deleted(document: Document): Document {
  const error = { code: 'not_found' as const, detail: 'The document was deleted.' };
  return { ...document, status: 'failed', error };
}

async function follow(
  documents: DocumentReader,
  { principal, document }: { principal: Principal; document: Document },
  stream: EventStream,
): Promise<void> {
  let last = '';
  let current: Document | null = document;
  while (!stream.closed.aborted && current !== null) {
    const progress: IngestProgress | null = await documents.progress(principal.tenantId, document.id);
    if (progress !== null && JSON.stringify(progress) !== last) {
      last = JSON.stringify(progress);
      await stream.send({ event: 'document-progress', data: progress });
    }
    if (isSettled(current)) {
      await stream.send({ event: current.status === 'ready' ? 'document-ready' : 'document-failed', data: current });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    current = await documents.find(principal.tenantId, document.id);
  }
  if (current === null) await stream.send({ event: 'document-failed', data: deleted(document) });
}
