/** The vector leg: one index a collection. It is a cache that can be rebuilt from SQL; nothing in it is trusted. */

/** A vector to store under a passage's id. */
export interface PassageVector {
  passageId: string;
  documentId: string;
  version: number;
  vector: number[];
}

/** A neighbour: `similarity` is the cosine, higher is nearer. */
export interface VectorHit {
  passageId: string;
  similarity: number;
}

export interface VectorIndexReader {
  /**
   * The nearest passages, best first; an index that does not exist yet gives none.
   * @throws AppError `search_unavailable`
   */
  nearest(options: { collectionId: string; vector: number[]; limit: number }): Promise<VectorHit[]>;
}

export interface VectorIndexWriter {
  /** Insert or replace; the same ids twice leave what once leaves. @throws AppError `search_unavailable` */
  upsert(collectionId: string, vectors: PassageVector[]): Promise<void>;
  /** Remove a document's vectors: all of them, or those of one version. Returns how many went. */
  removeDocument(options: { collectionId: string; documentId: string; version?: number }): Promise<number>;
  /** Remove the whole index of a collection. */
  removeCollection(collectionId: string): Promise<void>;
}

/** For the doctor: what is really in the index. */
export interface VectorIndexInspector {
  /** Every stored id with its document and version. */
  listIds(collectionId: string): Promise<{ passageId: string; documentId: string; version: number }[]>;
  /** How many vectors the collection has; 0 without an index. */
  count(collectionId: string): Promise<number>;
  /** Ids of the collections that have an index. */
  listCollections(): Promise<string[]>;
  /** Remove vectors by passage id. */
  removeIds(collectionId: string, passageIds: string[]): Promise<void>;
  /**
   * Writes a known vector, asks for it and compares: proof that the index answers, unlike a heartbeat.
   * @throws AppError `search_unavailable`
   */
  probe(): Promise<void>;
}

export type VectorIndex = VectorIndexReader & VectorIndexWriter & VectorIndexInspector;
