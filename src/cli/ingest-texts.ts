import { z } from 'zod';
import { documentSchema } from '../domain/document.js';
import { AppError } from '../domain/errors.js';
import type { EvaluationDocument } from '../evaluation/xquad-set.js';
import { createApiClient } from './api-client.js';

const UPLOADS_AT_ONCE = 8;
const WAIT_SECONDS = 60;
const uploadAnswerSchema = z.object({ documents: z.array(documentSchema) });

/** Document id -> key of the golden set. */
export type DocumentKeys = Map<string, string>;

/** The address of a collection for a set: its file name in the letters that a name may have. */
export function collectionNameFor(filename: string): string {
  return filename
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** Makes a collection. @throws AppError `internal_error` */
export async function createCollection(url: string, name: string): Promise<void> {
  await post(`${url}/api/v1/collections`, { name });
}

/** Uploads all documents into a new collection and waits until they are ready. @throws AppError `internal_error` */
export async function ingestTexts(
  url: string,
  collection: string,
  documents: readonly EvaluationDocument[],
): Promise<DocumentKeys> {
  await createCollection(url, collection);
  const keys: DocumentKeys = new Map();
  const waiting = documents.values();
  const upload = async () => {
    for (const { key, title, text } of waiting) {
      const answer = await post(`${url}/api/v1/collections/${collection}/documents`, { title, text });
      const [document] = uploadAnswerSchema.parse(answer).documents;
      if (document !== undefined) keys.set(document.id, key);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, upload));
  await waitUntilReady(url, keys.keys());
  return keys;
}

/** Waits for all of the documents. @throws AppError `internal_error` when one does not become ready */
export async function waitUntilReady(url: string, ids: Iterable<string>): Promise<void> {
  const client = createApiClient({ url, apiKey: null });
  for (const id of ids) {
    const { status } = await client.waitForDocument(id, WAIT_SECONDS);
    if (status !== 'ready') throw new AppError('internal_error', `A document of the set ended as "${status}".`);
  }
}

async function post(url: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new AppError('internal_error', `The server answered ${response.status} to ${url}.`);
  return await response.json();
}
