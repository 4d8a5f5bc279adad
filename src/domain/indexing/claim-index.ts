import { AppError } from '../errors.js';
import type { Embedder } from '../ports/embedder.js';
import type { IndexManifestStore } from '../ports/index-manifest.js';

/**
 * Makes sure that the vector index and the configured embedder belong together; the first start decides for a new index.
 * @throws AppError `index_mismatch` with what to do
 */
export async function claimIndex(manifest: IndexManifestStore, embedder: Embedder): Promise<void> {
  const mine = { embedderId: embedder.id, dimension: embedder.dimension };
  const kept = await manifest.writeOnce(mine);
  if (kept.embedderId === mine.embedderId && kept.dimension === mine.dimension) return;
  throw new AppError(
    'index_mismatch',
    `The index was built with the embedder ${kept.embedderId} (${kept.dimension} dimensions), but EMBEDDING_MODEL now gives ` +
      `${mine.embedderId} (${mine.dimension} dimensions). Set EMBEDDING_MODEL back, or rebuild the index for the new ` +
      'embedder with `npx footnote doctor --repair` while the server is stopped.',
  );
}
