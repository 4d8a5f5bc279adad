import type { LexicalIndex, PassageTerms, WeightedTerm } from '../../src/domain/ports/lexical-index.js';

/** A lexical index in memory that also tells whether a version has been put on or off the air. */
export interface FakeLexicalIndex extends LexicalIndex {
  /** The version of a document that readers see; null for none. Documents never named here show all their versions. */
  setLive(documentId: string, version: number | null): void;
}

interface Entry {
  collectionId: string;
  documentId: string;
  version: number;
  order: number;
  length: number;
  weights: Map<string, number>;
}

/** Scores are cut to this precision term by term, so that equal passages tie whatever the order of the sum. */
const UNIT = 2 ** 36;

/**
 * BM25 by the book, written without a look at the SQL: ids of passages must be those of `passageId`, order is that of the
 * first indexing.
 */
export function createFakeLexicalIndex(parameters: { k1: number; b: number } = { k1: 1.2, b: 0.75 }): FakeLexicalIndex {
  const entries = new Map<string, Entry>();
  const liveVersions = new Map<string, number | null>();
  let nextOrder = 1;

  function isLive({ documentId, version }: Entry): boolean {
    const live = liveVersions.get(documentId);
    return live === undefined || live === version;
  }

  function ofDocument(documentId: string, version?: number): [string, Entry][] {
    return [...entries]
      .filter(([, entry]) => entry.documentId === documentId && (version ?? entry.version) === entry.version)
      .sort(([, left], [, right]) => left.order - right.order);
  }

  function score(
    collectionId: string,
    terms: Map<string, number>,
  ): { passageId: string; score: number; order: number }[] {
    const all = [...entries].filter(([, entry]) => entry.collectionId === collectionId);
    const live = all.filter(([, entry]) => isLive(entry));
    const average = live.reduce((sum, [, entry]) => sum + entry.length, 0) / live.length;
    const idf = (term: string) => {
      const df = Math.min(live.length, all.filter(([, entry]) => entry.weights.has(term)).length);
      return Math.log(1 + (live.length - df + 0.5) / (df + 0.5));
    };
    const idfs = new Map([...terms.keys()].map((term) => [term, idf(term)]));
    const scored = live.map(([passageId, { weights, length, order }]) => {
      let sum = 0;
      for (const [term, weight] of terms) {
        const tf = weights.get(term);
        if (tf === undefined) continue;
        const { k1, b } = parameters;
        const saturated = (tf * (k1 + 1)) / (tf + k1 * (1 - b + (b * length) / average));
        sum += Math.round(weight * (idfs.get(term) ?? 0) * saturated * UNIT);
      }
      return { passageId, score: sum / UNIT, order };
    });
    return scored.filter((hit) => hit.score > 0).sort((a, b) => b.score - a.score || a.order - b.order);
  }

  function rareTerms(collectionId: string, terms: Map<string, number>): Map<string, number> {
    const all = [...entries.values()].filter((entry) => entry.collectionId === collectionId);
    const passages = all.filter(isLive).length;
    if (passages < 1000) return terms;
    const share = (term: string) => all.filter((entry) => entry.weights.has(term)).length / passages;
    return new Map([...terms].filter(([term]) => share(term) <= 0.2));
  }

  return {
    setLive: (documentId, version) => void liveVersions.set(documentId, version),

    async search({ collectionId, terms, limit }) {
      const weights = addUp(terms);
      const hits = score(collectionId, rareTerms(collectionId, weights));
      const enough = hits.length >= limit ? hits : score(collectionId, weights);
      return enough.slice(0, limit).map(({ passageId, score }) => ({ passageId, score }));
    },

    async weighTerms({ collectionId, terms }) {
      const all = [...entries.values()].filter((entry) => entry.collectionId === collectionId);
      const passages = all.filter(isLive).length;
      const common = passages < 1000 ? passages : Math.min(passages, Math.floor(passages * 0.2) + 1);
      const count = (term: string) => Math.min(common, all.filter(({ weights }) => weights.has(term)).length);
      return { passages, frequencies: new Map(terms.map((term) => [term, count(term)])) };
    },

    async index(collectionId, passages) {
      for (const passage of passages) {
        const order = entries.get(passage.passageId)?.order ?? nextOrder++;
        entries.set(passage.passageId, { collectionId, order, ...readPassage(passage) });
      }
    },

    async removeDocument({ documentId, version }) {
      const found = ofDocument(documentId, version);
      for (const [passageId] of found) entries.delete(passageId);
      return found.length;
    },

    async listPassageIds(documentId, version) {
      return ofDocument(documentId, version).map(([passageId]) => passageId);
    },
  };
}

function readPassage({ passageId, length, terms }: PassageTerms): Omit<Entry, 'collectionId' | 'order'> {
  const [, document, version] = /^psg_(.+)_(\d+)_\d+$/.exec(passageId) ?? [];
  return { documentId: `doc_${document}`, version: Number(version), length, weights: addUp(terms) };
}

function addUp(terms: WeightedTerm[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const { term, weight } of terms) {
    if (weight > 0 && Number.isFinite(weight)) weights.set(term, (weights.get(term) ?? 0) + weight);
  }
  return weights;
}
