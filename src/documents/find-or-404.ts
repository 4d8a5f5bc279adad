import type { Collection } from '../domain/collection.js';
import type { Document } from '../domain/document.js';
import { AppError } from '../domain/errors.js';
import type { CollectionStore } from '../domain/ports/collection-store.js';
import type { DocumentReader } from '../domain/ports/document-store.js';
import type { Principal } from '../domain/principal.js';

/** The tenant's collection by id or name. @throws AppError `not_found`, the same for unknown and foreign ones */
export async function findCollection(
  store: Pick<CollectionStore, 'find'>,
  principal: Principal,
  idOrName: string,
): Promise<Collection> {
  const collection = await store.find(principal.tenantId, idOrName);
  if (collection === null) throw new AppError('not_found', 'There is no such collection.');
  return collection;
}

/** The tenant's document. @throws AppError `not_found`, the same for unknown, deleted and foreign ones */
export async function findDocument(
  store: Pick<DocumentReader, 'find'>,
  principal: Principal,
  id: string,
): Promise<Document> {
  const document = await store.find(principal.tenantId, id);
  if (document === null) throw new AppError('not_found', 'There is no such document.');
  return document;
}
