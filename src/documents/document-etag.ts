import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Document } from '../domain/document.js';
import { AppError } from '../domain/errors.js';
import type { SeenState } from '../domain/ports/document-store.js';

/** The header, for the `request.headers` of a route that changes a document. */
export const ifMatchHeaders = z.object({
  'if-match': z
    .string()
    .max(2000)
    .optional()
    .meta({ description: 'An `ETag` of the document: refuse with 412 when it was changed since.' }),
});

/**
 * Names the state of a document: it changes with every change of the document and every step of its ingestion. Weak
 * (RFC 9110, 8.8.1), because the same state may be written in several ways (`duplicate` is there or not).
 */
export function documentEtag({ id, version, updatedAt }: Document): string {
  const hash = createHash('sha256').update(`${id}/${version}/${updatedAt}`).digest('base64url');
  return `W/"${hash.slice(0, 22)}"`;
}

/**
 * What a write must still find, when the header names the document's state; undefined when there is no condition. Tags are
 * compared weakly, other than RFC 9110 (13.1.1) says: ours are weak and exact enough for this.
 * @throws AppError `precondition_failed`
 */
export function readIfMatch(header: string | undefined, document: Document): SeenState | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  const current = opaque(documentEtag(document));
  if (header.split(',').some((tag) => opaque(tag) === current)) {
    return { version: document.version, updatedAt: document.updatedAt };
  }
  throw new AppError('precondition_failed', 'The document was changed since you read it.');
}
