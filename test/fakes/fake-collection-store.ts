import type { Collection } from '../../src/domain/collection.js';
import { AppError } from '../../src/domain/errors.js';
import { newId } from '../../src/domain/ids.js';
import type { CollectionStore } from '../../src/domain/ports/collection-store.js';
import { DEFAULT_COLLECTION } from '../../src/domain/principal.js';
import { type FakeCollection, type FakeLibraryState, fakeListPage, liveVersionOf } from './fake-library-state.js';

/** Collections of the in-memory library. */
export function createFakeCollections(state: FakeLibraryState): CollectionStore {
  const find = (tenantId: string, key: string): FakeCollection | undefined =>
    state.collections.find(({ tenantId: owner, row }) => owner === tenantId && (row.id === key || row.name === key));

  const toCollection = ({ row }: FakeCollection): Collection => {
    const documents = state.documents.filter(({ file, deleted }) => file.collectionId === row.id && !deleted);
    const passages = documents.reduce((sum, document) => sum + (liveVersionOf(document)?.chunks.length ?? 0), 0);
    return { ...row, documents: documents.length, passages };
  };

  const insert: CollectionStore['create'] = async (tenantId, input) => {
    if (find(tenantId, input.name) !== undefined) throw new AppError('conflict', 'The name is taken.');
    const at = new Date(state.now()).toISOString();
    const collection = { tenantId, row: { id: newId('col'), ...input, createdAt: at, updatedAt: at } };
    state.collections.push(collection);
    return toCollection(collection);
  };

  const need = (tenantId: string, id: string): FakeCollection => {
    const collection = find(tenantId, id);
    if (collection === undefined) throw new AppError('not_found', 'There is no such collection.');
    return collection;
  };

  return {
    create: insert,
    async ensureDefault(tenantId) {
      const present = find(tenantId, DEFAULT_COLLECTION);
      if (present !== undefined) return toCollection(present);
      return insert(tenantId, { name: DEFAULT_COLLECTION, description: '', settings: {} });
    },
    async find(tenantId, idOrName) {
      const collection = find(tenantId, idOrName);
      return collection === undefined ? null : toCollection(collection);
    },
    async list(tenantId, options) {
      const own = state.collections.filter((collection) => collection.tenantId === tenantId).map(toCollection);
      const byName = own.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      return fakeListPage(byName, options, ({ name }) => name);
    },
    async update(tenantId, id, change) {
      const collection = need(tenantId, id);
      const other = change.name === undefined ? undefined : find(tenantId, change.name);
      if (other !== undefined && other !== collection) throw new AppError('conflict', 'The name is taken.');
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      Object.assign(collection.row, given, { updatedAt: new Date(state.now()).toISOString() });
      return toCollection(collection);
    },
    async remove(tenantId, id) {
      const collection = need(tenantId, id);
      if (state.documents.some(({ file }) => file.collectionId === id)) {
        throw new AppError('conflict', 'The collection still has documents.');
      }
      state.collections.splice(state.collections.indexOf(collection), 1);
    },
  };
}
