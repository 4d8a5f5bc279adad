import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { IndexManifestStore } from '../../src/domain/ports/index-manifest.js';

const OURS = { embedderId: 'built-in:hash-1', dimension: 1024 };
const THEIRS = { embedderId: 'openai:text-embedding-3-small', dimension: 1536 };

/** What every manifest store must do; `makeSubject` gives two views of one empty store. */
export function describeIndexManifestContract(
  name: string,
  makeSubject: () => Promise<[IndexManifestStore, IndexManifestStore]>,
  dispose: () => Promise<void> = async () => {},
): void {
  describe(`${name} as an index manifest store`, () => {
    let store: IndexManifestStore;
    let other: IndexManifestStore;

    beforeEach(async () => {
      [store, other] = await makeSubject();
    });
    afterAll(dispose);

    it('holds nothing at first', async () => {
      expect(await store.read()).toBeNull();
    });

    it('keeps what was written first', async () => {
      expect(await store.writeOnce(OURS)).toEqual(OURS);
      expect(await other.writeOnce(THEIRS)).toEqual(OURS);
      expect(await other.read()).toEqual(OURS);
    });

    it('lets one of two win that write at the same time, and tells both which', async () => {
      const answers = await Promise.all([store.writeOnce(OURS), other.writeOnce(THEIRS)]);
      const stored = await store.read();
      expect(answers).toEqual([stored, stored]);
    });

    it('replaces it for a rebuild, also where none was', async () => {
      await store.replace(OURS);
      await store.replace(THEIRS);
      expect(await other.read()).toEqual(THEIRS);
    });
  });
}
