import type { Document } from '../domain/document.js';
import type { DocumentReader } from '../domain/ports/document-store.js';

const INTERVAL_MS = 50;
const MAX_INTERVAL_MS = 500;

/** True once nothing more will happen to the document by itself. */
export function isSettled(document: Document): boolean {
  return document.status === 'ready' || document.status === 'failed';
}

/**
 * The documents as they are when every one is ready or failed, or after `seconds`, or when the client has left.
 * A document that was deleted meanwhile is given as it was last seen.
 */
export async function waitForDocuments(
  reader: Pick<DocumentReader, 'find'>,
  wanted: { tenantId: string; documents: Document[]; seconds: number; signal: AbortSignal },
): Promise<Document[]> {
  const end = performance.now() + wanted.seconds * 1000;
  let documents = wanted.documents;
  let interval = INTERVAL_MS;
  while (!documents.every(isSettled) && performance.now() < end && !wanted.signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(interval, Math.max(1, end - performance.now()))));
    interval = Math.min(interval * 1.3, MAX_INTERVAL_MS);
    documents = await Promise.all(documents.map((document) => refresh(reader, wanted.tenantId, document)));
  }
  return documents;
}

async function refresh(reader: Pick<DocumentReader, 'find'>, tenantId: string, document: Document): Promise<Document> {
  if (isSettled(document)) return document;
  const now = await reader.find(tenantId, document.id);
  if (now === null) return document;
  return document.duplicate === undefined ? now : { ...now, duplicate: document.duplicate };
}
