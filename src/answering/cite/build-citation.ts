/**
 * Addressed sentences to citations. The quote is cut from the stored page text by offset and every cited sentence is
 * compared with that text first: what was indexed and what is stored must be the same, or there is no citation.
 */
import type { Citation } from '../../domain/answer.js';
import type { Passage } from '../../domain/passage.js';
import type { PassageReader } from '../../domain/ports/document-store.js';
import type { Evidence, GroundedSentence } from '../ground/ground-passages.js';

/** Everything a link to a quote may need; `marker` is not part of it. */
export type CitationTarget = Omit<Citation, 'marker' | 'url'>;
/** Makes the address at which a reader finds the quote. */
export type LinkToCitation = (target: CitationTarget) => string;

export interface CitationBuilder {
  /**
   * Reads the pages of all evidence, so that it can be quoted to the end of an answer that takes its time, whatever becomes of
   * the documents meanwhile. False when one is gone already: a new version was published since the evidence was found.
   */
  readPages(): Promise<boolean>;
  /**
   * Quotes for the sentences, neighbours on one page merged into one, in the order in which they are first named.
   * `failed` counts sentences whose stored text is gone or differs.
   */
  build(sentences: GroundedSentence[]): Promise<{ targets: CitationTarget[]; failed: number }>;
}

export interface CitationBuilderDependencies {
  passages: Pick<PassageReader, 'pageText'>;
  tenantId: string;
  evidence: Evidence;
}

/** A run of neighbouring sentences on one page, and where in the list its first one was named. */
interface Run {
  passage: Passage;
  start: number;
  end: number;
  named: number;
}

/** A builder for one answer; it reads each page at most once. */
export function createCitationBuilder({ passages, tenantId, evidence }: CitationBuilderDependencies): CitationBuilder {
  const pages = new Map<string, Promise<string | null>>();

  function readPage({ documentId, version, page }: Passage): Promise<string | null> {
    const key = pageKey({ documentId, version, page });
    const known = pages.get(key) ?? passages.pageText({ tenantId, documentId, version, page });
    pages.set(key, known);
    return known;
  }

  return {
    readPages: async () => {
      const stored = await Promise.all(evidence.passages.map(({ passage }) => readPage(passage)));
      return stored.every((text) => text !== null);
    },
    build: async (sentences) => {
      const runs: Run[] = [];
      let failed = 0;
      for (const [named, { passage: number, start, end, text }] of sentences.entries()) {
        const passage = evidence.passages[number - 1]?.passage;
        const stored = passage === undefined ? null : await readPage(passage);
        if (passage === undefined || stored === null || stored.slice(start, end) !== text) failed += 1;
        else runs.push({ passage, start, end, named });
      }
      const merged = await mergeNeighbours(runs, readPage);
      const targets: CitationTarget[] = [];
      for (const run of merged) {
        const stored = await readPage(run.passage);
        if (stored !== null) targets.push(toTarget(run, stored));
      }
      return { targets, failed };
    },
  };
}

function pageKey({ documentId, version, page }: Pick<Passage, 'documentId' | 'version' | 'page'>): string {
  return `${documentId}/${version}/${page ?? '-'}`;
}

async function mergeNeighbours(runs: Run[], readPage: (passage: Passage) => Promise<string | null>): Promise<Run[]> {
  const sorted = [...runs].sort((one, other) => comparePlace(one, other));
  const merged: Run[] = [];
  for (const run of sorted) {
    const last = merged.at(-1);
    const samePage = last !== undefined && pageKey(last.passage) === pageKey(run.passage);
    const stored = samePage ? await readPage(run.passage) : null;
    if (last !== undefined && stored !== null && stored.slice(last.end, run.start).trim() === '') {
      last.end = Math.max(last.end, run.end);
      last.named = Math.min(last.named, run.named);
    } else merged.push({ ...run });
  }
  return merged.sort((one, other) => one.named - other.named);
}

function comparePlace(one: Run, other: Run): number {
  const onePage = pageKey(one.passage);
  const otherPage = pageKey(other.passage);
  if (onePage !== otherPage) return onePage < otherPage ? -1 : 1;
  return one.start - other.start || one.end - other.end;
}

function toTarget({ passage, start, end }: Run, stored: string): CitationTarget {
  return {
    documentId: passage.documentId,
    documentTitle: passage.documentTitle,
    version: passage.version,
    page: passage.page,
    pageLabel: passage.pageLabel,
    heading: passage.heading,
    quote: stored.slice(start, end),
    start,
    end,
    passageId: passage.id,
  };
}
