import { AppError } from '../domain/errors.js';
import type { CollectionStore } from '../domain/ports/collection-store.js';
import type { Principal } from '../domain/principal.js';

/** Ids of the named collections of the principal's tenant, each once. @throws AppError `not_found` */
export async function resolveCollections(
  collections: Pick<CollectionStore, 'find'>,
  { tenantId }: Principal,
  names: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(names.map((name) => collections.find(tenantId, name)));
  const ids = found.map((collection, index) => {
    if (collection !== null) return collection.id;
    throw new AppError('not_found', `There is no collection "${names[index]}".`);
  });
  return [...new Set(ids)];
}
