/** The lexical leg: BM25 over analysed terms, one index a collection, idf per collection. */

/** A term of a text with its weighted frequency. */
export interface WeightedTerm {
  term: string;
  weight: number;
}

/** A passage's terms; `length` is the sum of the weights. */
export interface PassageTerms {
  passageId: string;
  terms: WeightedTerm[];
  length: number;
}

export interface LexicalHit {
  passageId: string;
  /** BM25, higher is better. */
  score: number;
}

/** How common terms are in a collection. */
export interface TermFrequencies {
  /** Live passages of the collection; 0 for an unknown one. */
  passages: number;
  /**
   * Passages with each term, from 0 to `passages`, for every term asked for. The counts of search: versions on their way
   * in or out are in them, and counting may stop once a term is very common.
   */
  frequencies: Map<string, number>;
}

export interface LexicalIndexReader {
  /** Best passages of live versions for the query's terms, best first, ties by passage order. */
  search(options: { collectionId: string; terms: WeightedTerm[]; limit: number }): Promise<LexicalHit[]>;
  /** In how many passages of the collection terms stand, each as the analysis of texts spells it. */
  weighTerms(options: { collectionId: string; terms: readonly string[] }): Promise<TermFrequencies>;
}

export interface LexicalIndexWriter {
  /** Insert or replace the terms of passages that are already stored. */
  index(collectionId: string, passages: PassageTerms[]): Promise<void>;
  /** Remove the postings of a document: all, or one version's. Returns how many passages lost theirs. */
  removeDocument(options: { documentId: string; version?: number }): Promise<number>;
}

/** For the doctor. */
export interface LexicalIndexInspector {
  /** Ids of the passages of a document version that have postings. */
  listPassageIds(documentId: string, version: number): Promise<string[]>;
}

export type LexicalIndex = LexicalIndexReader & LexicalIndexWriter & LexicalIndexInspector;
