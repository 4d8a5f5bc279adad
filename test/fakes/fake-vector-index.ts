import { AppError } from '../../src/domain/errors.js';
import type { PassageVector, VectorIndex } from '../../src/domain/ports/vector-index.js';

/** A vector index in memory that can be told to be down. */
export interface FakeVectorIndex extends VectorIndex {
  /** While true every call throws `search_unavailable`. */
  setDown(down: boolean): void;
}

function cosine(left: number[], right: number[]): number {
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  const lengths = Math.sqrt(dot(left, left) * dot(right, right));
  return lengths === 0 ? 0 : dot(left, right) / lengths;
}

/** Exact search over every vector; the first vector of a collection sets the dimension, as in Chroma. */
export function createFakeVectorIndex(): FakeVectorIndex {
  const collections = new Map<string, Map<string, PassageVector>>();
  let isDown = false;

  function rowsOf(collectionId: string): PassageVector[] {
    if (isDown) throw new AppError('search_unavailable', 'The vector index does not answer.', { retryAfterSeconds: 5 });
    return [...(collections.get(collectionId)?.values() ?? [])];
  }

  function check(rows: PassageVector[], vectors: number[][]): void {
    const length = vectors[0]?.length;
    if (vectors.some((vector) => vector.length === 0 || vector.length !== length || !vector.every(Number.isFinite))) {
      throw new AppError('embedding_failed', 'A vector is broken.');
    }
    if (rows[0] !== undefined && length !== undefined && rows[0].vector.length !== length) {
      throw new AppError('index_mismatch', 'The vectors have another length.');
    }
  }

  return {
    setDown(down) {
      isDown = down;
    },
    async nearest({ collectionId, vector, limit }) {
      const rows = rowsOf(collectionId);
      check(rows, [vector]);
      return rows
        .map((row) => ({ passageId: row.passageId, similarity: cosine(row.vector, vector) }))
        .sort((a, b) => b.similarity - a.similarity || (a.passageId < b.passageId ? -1 : 1))
        .slice(0, Math.max(0, limit));
    },
    async upsert(collectionId, vectors) {
      check(
        rowsOf(collectionId),
        vectors.map(({ vector }) => vector),
      );
      if (vectors.length === 0) return;
      const collection = collections.get(collectionId) ?? new Map<string, PassageVector>();
      collections.set(collectionId, collection);
      for (const vector of vectors) collection.set(vector.passageId, structuredClone(vector));
    },
    async removeDocument({ collectionId, documentId, version }) {
      const rows = rowsOf(collectionId).filter(
        (row) => row.documentId === documentId && (version === undefined || row.version === version),
      );
      for (const row of rows) collections.get(collectionId)?.delete(row.passageId);
      return rows.length;
    },
    async removeCollection(collectionId) {
      rowsOf(collectionId);
      collections.delete(collectionId);
    },
    async listIds(collectionId) {
      return rowsOf(collectionId).map(({ passageId, documentId, version }) => ({ passageId, documentId, version }));
    },
    async count(collectionId) {
      return rowsOf(collectionId).length;
    },
    async listCollections() {
      rowsOf('');
      return [...collections.keys()].sort();
    },
    async removeIds(collectionId, passageIds) {
      rowsOf(collectionId);
      for (const id of passageIds) collections.get(collectionId)?.delete(id);
    },
    async probe() {
      rowsOf('');
    },
  };
}
