import type { CollectionStore } from '../domain/ports/collection-store.js';
import type { LexicalIndexReader, TermFrequencies } from '../domain/ports/lexical-index.js';
import type { WeighTerms } from '../domain/ports/search.js';
import { resolveCollections } from './resolve-collections.js';

/** Everything the weighing needs. */
export interface WeighTermsDeps {
  collections: Pick<CollectionStore, 'find'>;
  lexical: Pick<LexicalIndexReader, 'weighTerms'>;
}

/** How common terms are in the collections of a search: passages and counts of all of them, added up. */
export function createWeighTerms(deps: WeighTermsDeps): WeighTerms {
  return async function weighTerms(principal, { collections, terms }) {
    const ids = await resolveCollections(deps.collections, principal, collections);
    const weighed = await Promise.all(ids.map((collectionId) => deps.lexical.weighTerms({ collectionId, terms })));
    return addUp(weighed, terms);
  };
}

function addUp(weighed: readonly TermFrequencies[], terms: readonly string[]): TermFrequencies {
  const count = (term: string) => weighed.reduce((sum, { frequencies }) => sum + (frequencies.get(term) ?? 0), 0);
  return {
    passages: weighed.reduce((sum, { passages }) => sum + passages, 0),
    frequencies: new Map(terms.map((term) => [term, count(term)])),
  };
}
