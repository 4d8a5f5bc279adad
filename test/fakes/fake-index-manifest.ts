import type { IndexManifest, IndexManifestStore } from '../../src/domain/ports/index-manifest.js';

/** An index manifest in memory. */
export function createFakeIndexManifestStore(initial: IndexManifest | null = null): IndexManifestStore {
  let stored = initial;
  return {
    read: async () => stored,
    async writeOnce(manifest) {
      stored ??= manifest;
      return stored;
    },
    async replace(manifest) {
      stored = manifest;
    },
  };
}
