/** Our search offered to LangChain users: a retriever that plugs into their chains. LangChain's types end in this file. */
import type { CallbackManagerForRetrieverRun } from '@langchain/core/callbacks/manager';
import { Document } from '@langchain/core/documents';
import { BaseRetriever, type BaseRetrieverInput } from '@langchain/core/retrievers';
import { type Passage, type SearchRequest, searchRequestSchema } from '../../domain/passage.js';
import type { SearchPassages } from '../../domain/ports/search.js';
import type { Principal } from '../../domain/principal.js';

/** What a retrieved document says about its origin: plain scalars, so that every LangChain store takes them. */
export interface FootnoteMetadata {
  passageId: string;
  documentId: string;
  title: string;
  collection: string;
  version: number;
  page: number | null;
  /** Heading path, joined with " > ". */
  heading: string;
  /** UTF-16 offsets into the page's stored text. */
  start: number;
  end: number;
  score: number;
}

/** How to search; what is left out takes the defaults of POST /search. */
export interface FootnoteRetrieverOptions extends BaseRetrieverInput {
  collections?: SearchRequest['collections'];
  topK?: number;
  mode?: SearchRequest['mode'];
}

class FootnoteRetriever extends BaseRetriever<FootnoteMetadata> {
  lc_namespace = ['footnote', 'retrievers'];

  constructor(
    private readonly searchPassages: SearchPassages,
    private readonly principal: Principal,
    private readonly options: FootnoteRetrieverOptions,
  ) {
    super(options);
  }

  static override lc_name(): string {
    return 'FootnoteRetriever';
  }

  override async _getRelevantDocuments(
    query: string,
    _runManager?: CallbackManagerForRetrieverRun,
  ): Promise<Document<FootnoteMetadata>[]> {
    const { collections, topK, mode } = this.options;
    const request = searchRequestSchema.parse({ query, collections, topK, mode });
    const { passages } = await this.searchPassages(this.principal, request);
    return passages.map(toLangChainDocument);
  }
}

/**
 * A retriever that searches as `principal`. Its calls throw what the search throws, and a ZodError for a query that is
 * empty or too long.
 */
export function createFootnoteRetriever(
  searchPassages: SearchPassages,
  principal: Principal,
  options: FootnoteRetrieverOptions = {},
): BaseRetriever<FootnoteMetadata> {
  return new FootnoteRetriever(searchPassages, principal, options);
}

function toLangChainDocument(passage: Passage): Document<FootnoteMetadata> {
  const { id, documentId, documentTitle, collection, version, page, heading, start, end, score } = passage;
  const origin = { documentId, title: documentTitle, collection, version, page };
  const place = { heading: heading.join(' > '), start, end };
  return new Document({ id, pageContent: passage.text, metadata: { passageId: id, ...origin, ...place, score } });
}
