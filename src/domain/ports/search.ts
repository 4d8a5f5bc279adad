import type { SearchRequest, SearchResponse } from '../passage.js';
import type { Principal } from '../principal.js';
import type { TermFrequencies } from './lexical-index.js';

/** A search as a function: what routes, answering and tools call. @throws AppError `not_found`, `search_unavailable` */
export type SearchPassages = (
  principal: Principal,
  request: SearchRequest,
  signal?: AbortSignal,
) => Promise<SearchResponse>;

/** How common terms are in collections together, as their texts are analysed. @throws AppError `not_found` */
export type WeighTerms = (
  principal: Principal,
  request: { collections: readonly string[]; terms: readonly string[] },
) => Promise<TermFrequencies>;
