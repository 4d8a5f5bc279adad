import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId, passageId } from '../../src/domain/ids.js';
import type { PassageVector, VectorIndex } from '../../src/domain/ports/vector-index.js';

function vectorOf(documentId: string, ordinal: number, options: { version?: number; vector: number[] }): PassageVector {
  const { version = 1, vector } = options;
  return { passageId: passageId(documentId, version, ordinal), documentId, version, vector };
}

/** Unit vectors in a plane, `degrees` from the first axis: their cosine is that of the difference of the angles. */
function atAngle(degrees: number): number[] {
  const radians = (degrees * Math.PI) / 180;
  return [Math.cos(radians), Math.sin(radians), 0];
}

/** What every vector index must do. `makeSubject` is called once; the suite uses collections of its own. */
export function describeVectorIndexContract(name: string, makeSubject: () => Promise<VectorIndex>): void {
  describe(`${name} as a vector index`, () => {
    let index: VectorIndex;
    let collectionId: string;
    const passagesOf = async () => (await index.listIds(collectionId)).map((row) => row.passageId).sort();

    beforeAll(async () => {
      index = await makeSubject();
    });
    beforeEach(() => {
      collectionId = newId('col');
    });

    it('gives the nearest passages first, with their cosine', async () => {
      await index.upsert(
        collectionId,
        [60, 10, 120].map((degrees, ordinal) => vectorOf('doc_a', ordinal, { vector: atAngle(degrees) })),
      );
      const hits = await index.nearest({ collectionId, vector: atAngle(0), limit: 10 });
      expect(hits.map((hit) => hit.passageId)).toEqual(['psg_a_1_1', 'psg_a_1_0', 'psg_a_1_2']);
      expect(hits[0]?.similarity).toBeCloseTo(Math.cos((10 * Math.PI) / 180), 4);
      expect(hits[1]?.similarity).toBeCloseTo(0.5, 4);
      expect(hits[2]?.similarity).toBeCloseTo(-0.5, 4);
    });

    it('does not depend on the length of a vector', async () => {
      await index.upsert(collectionId, [vectorOf('doc_a', 0, { vector: [0, 500, 0] })]);
      const [hit] = await index.nearest({ collectionId, vector: [0, 0.001, 0], limit: 1 });
      expect(hit?.similarity).toBeCloseTo(1, 4);
    });

    it('gives at most the wished number', async () => {
      await index.upsert(
        collectionId,
        [1, 2, 3, 4].map((degrees, ordinal) => vectorOf('doc_a', ordinal, { vector: atAngle(degrees) })),
      );
      expect(await index.nearest({ collectionId, vector: atAngle(0), limit: 2 })).toHaveLength(2);
      expect(await index.nearest({ collectionId, vector: atAngle(0), limit: 0 })).toEqual([]);
    });

    it('finds nothing in a collection that does not exist', async () => {
      expect(await index.nearest({ collectionId, vector: atAngle(0), limit: 3 })).toEqual([]);
      expect(await index.listIds(collectionId)).toEqual([]);
      expect(await index.removeDocument({ collectionId, documentId: 'doc_a' })).toBe(0);
      await index.removeIds(collectionId, ['psg_a_1_0']);
      await index.removeCollection(collectionId);
      expect(await index.listCollections()).not.toContain(collectionId);
    });

    it('replaces a vector under the same id', async () => {
      const write = (degrees: number) =>
        index.upsert(collectionId, [vectorOf('doc_a', 0, { vector: atAngle(degrees) })]);
      await write(0);
      await write(90);
      await write(90);
      const hits = await index.nearest({ collectionId, vector: atAngle(90), limit: 5 });
      expect(hits).toHaveLength(1);
      expect(hits[0]?.similarity).toBeCloseTo(1, 4);
    });

    it('takes the last of equal ids in one call', async () => {
      const twice = [0, 90].map((degrees) => vectorOf('doc_a', 0, { vector: atAngle(degrees) }));
      await index.upsert(collectionId, twice);
      const [hit] = await index.nearest({ collectionId, vector: atAngle(90), limit: 5 });
      expect(hit?.similarity).toBeCloseTo(1, 4);
    });

    it('stores nothing for an empty list', async () => {
      await index.upsert(collectionId, []);
      expect(await index.listIds(collectionId)).toEqual([]);
    });

    it('keeps collections apart', async () => {
      const other = newId('col');
      await index.upsert(collectionId, [vectorOf('doc_a', 0, { vector: atAngle(0) })]);
      await index.upsert(other, [vectorOf('doc_b', 0, { vector: atAngle(0) })]);
      expect(
        (await index.nearest({ collectionId: other, vector: atAngle(0), limit: 9 })).map((h) => h.passageId),
      ).toEqual(['psg_b_1_0']);
      await index.removeCollection(other);
      expect(await passagesOf()).toEqual(['psg_a_1_0']);
      expect(await index.nearest({ collectionId: other, vector: atAngle(0), limit: 9 })).toEqual([]);
    });

    it('removes one version of a document, or all of it, and counts', async () => {
      await index.upsert(collectionId, [
        ...[0, 1].map((ordinal) => vectorOf('doc_a', ordinal, { vector: atAngle(ordinal) })),
        ...[0, 1, 2].map((ordinal) => vectorOf('doc_a', ordinal, { version: 2, vector: atAngle(ordinal) })),
        vectorOf('doc_b', 0, { vector: atAngle(5) }),
      ]);
      expect(await index.removeDocument({ collectionId, documentId: 'doc_a', version: 1 })).toBe(2);
      expect(await passagesOf()).toEqual(['psg_a_2_0', 'psg_a_2_1', 'psg_a_2_2', 'psg_b_1_0']);
      expect(await index.removeDocument({ collectionId, documentId: 'doc_a' })).toBe(3);
      expect(await index.removeDocument({ collectionId, documentId: 'doc_a' })).toBe(0);
      expect(await passagesOf()).toEqual(['psg_b_1_0']);
      const hits = await index.nearest({ collectionId, vector: atAngle(0), limit: 9 });
      expect(hits.map((hit) => hit.passageId)).toEqual(['psg_b_1_0']);
    });

    it('removes by id, and nothing for an empty list', async () => {
      await index.upsert(
        collectionId,
        [0, 1, 2].map((ordinal) => vectorOf('doc_a', ordinal, { vector: atAngle(ordinal) })),
      );
      await index.removeIds(collectionId, []);
      expect(await passagesOf()).toHaveLength(3);
      await index.removeIds(collectionId, ['psg_a_1_1', 'psg_a_1_1', 'psg_unknown_1_0']);
      expect(await passagesOf()).toEqual(['psg_a_1_0', 'psg_a_1_2']);
    });

    it('answers after everything was removed', async () => {
      await index.upsert(collectionId, [vectorOf('doc_a', 0, { vector: atAngle(0) })]);
      await index.removeDocument({ collectionId, documentId: 'doc_a' });
      expect(await index.nearest({ collectionId, vector: atAngle(0), limit: 3 })).toEqual([]);
      await index.upsert(collectionId, [vectorOf('doc_a', 0, { vector: atAngle(0) })]);
      expect(await index.nearest({ collectionId, vector: atAngle(0), limit: 3 })).toHaveLength(1);
    });

    it('begins anew after a collection was removed, with another dimension', async () => {
      await index.upsert(collectionId, [vectorOf('doc_a', 0, { vector: atAngle(0) })]);
      await index.removeCollection(collectionId);
      await index.upsert(collectionId, [vectorOf('doc_a', 0, { vector: [1, 0, 0, 0, 0] })]);
      expect(await index.nearest({ collectionId, vector: [1, 0, 0, 0, 0], limit: 3 })).toHaveLength(1);
    });

    it('lists what is stored, over more than one page', async () => {
      const vectors = Array.from({ length: 2500 }, (_, ordinal) =>
        vectorOf('doc_a', ordinal, { vector: atAngle(ordinal / 10) }),
      );
      await index.upsert(collectionId, vectors);
      const rows = await index.listIds(collectionId);
      expect(new Set(rows.map((row) => row.passageId))).toEqual(new Set(vectors.map((vector) => vector.passageId)));
      expect(rows[0]).toEqual({ passageId: rows[0]?.passageId, documentId: 'doc_a', version: 1 });
      expect(await index.listCollections()).toContain(collectionId);
      expect(await index.removeDocument({ collectionId, documentId: 'doc_a' })).toBe(2500);
    });

    it.each([
      ['not a number', [Number.NaN, 0, 0]],
      ['infinite', [Number.POSITIVE_INFINITY, 0, 0]],
      ['empty', []],
    ])('refuses a vector that is %s', async (_, vector) => {
      const broken = vectorOf('doc_a', 1, { vector });
      const good = vectorOf('doc_a', 0, { vector: atAngle(0) });
      await expect(index.upsert(collectionId, [good, broken])).rejects.toMatchObject({ code: 'embedding_failed' });
      await expect(index.nearest({ collectionId, vector, limit: 3 })).rejects.toMatchObject({
        code: 'embedding_failed',
      });
      expect(await index.listIds(collectionId)).toEqual([]);
    });

    it('tells a vector of another length from a failure', async () => {
      await index.upsert(collectionId, [vectorOf('doc_a', 0, { vector: atAngle(0) })]);
      const other = [1, 0, 0, 0, 0];
      await expect(index.nearest({ collectionId, vector: other, limit: 1 })).rejects.toMatchObject({
        code: 'index_mismatch',
      });
      await expect(index.upsert(collectionId, [vectorOf('doc_a', 1, { vector: other })])).rejects.toMatchObject({
        code: 'index_mismatch',
      });
    });

    it('is probed by many at once and shows nothing of it', async () => {
      const before = await index.listCollections();
      await Promise.all(Array.from({ length: 8 }, () => index.probe()));
      expect(await index.listCollections()).toEqual(before);
    });
  });
}
