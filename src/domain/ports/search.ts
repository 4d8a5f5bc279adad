import type { SearchRequest, SearchResponse } from '../passage.js';
import type { Principal } from '../principal.js';

/** A search as a function: what routes, answering and tools call. @throws AppError `not_found`, `search_unavailable` */
export type SearchPassages = (
  principal: Principal,
  request: SearchRequest,
  signal?: AbortSignal,
) => Promise<SearchResponse>;
