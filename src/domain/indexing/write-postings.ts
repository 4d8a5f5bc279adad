/** Passages -> postings in the lexical index; used for a fresh document and for a rebuild alike. */
import type { IndexedChunk } from '../ports/ingest-store.js';
import type { LexicalIndexWriter, PassageTerms, WeightedTerm } from '../ports/lexical-index.js';
import { analysePassage } from '../text/analyse-passage.js';

const BATCH = 64;

export interface WritePostingsDeps {
  lexical: LexicalIndexWriter;
  readChunks: (options: { fromOrdinal: number; limit: number }) => Promise<IndexedChunk[]>;
  beforeBatch?: () => Promise<void>;
  onProgress?: (done: number) => Promise<void>;
}

/** Indexes all passages of a version. Safe to repeat. Returns their count and the sum of their lexical lengths. */
export async function writePostings(
  target: { collectionId: string; title: string },
  deps: WritePostingsDeps,
): Promise<{ passages: number; indexedLength: number }> {
  let passages = 0;
  let indexedLength = 0;
  for (;;) {
    await deps.beforeBatch?.();
    const chunks = await deps.readChunks({ fromOrdinal: passages, limit: BATCH });
    if (chunks.length === 0) return { passages, indexedLength };
    const analysed = chunks.map((chunk) =>
      withTerm(chunk.passageId, analysePassage({ ...chunk, title: target.title })),
    );
    await deps.lexical.index(target.collectionId, analysed);
    for (const { length } of analysed) indexedLength += length;
    passages += chunks.length;
    await deps.onProgress?.(passages);
  }
}

/** No question has this term: it only says that a passage without any word (a row of dashes) has been indexed. */
const NO_WORDS: WeightedTerm = { term: '\u{E000}', weight: 1 };

function withTerm(passageId: string, { terms, length }: Omit<PassageTerms, 'passageId'>): PassageTerms {
  return { passageId, terms: terms.length === 0 ? [NO_WORDS] : terms, length };
}
