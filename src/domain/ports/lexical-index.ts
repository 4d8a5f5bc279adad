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

export interface LexicalIndexReader {
  /** Best passages of live versions for the query's terms, best first, ties by passage order. */
  search(options: { collectionId: string; terms: WeightedTerm[]; limit: number }): Promise<LexicalHit[]>;
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
