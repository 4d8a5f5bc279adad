/**
 * Passages to evidence: every sentence of every passage gets an address that a model can cite and that we can trust.
 * It does not rank, and it does not know who will write the answer.
 */
import type { Passage } from '../../domain/passage.js';
import { countTokens } from '../../domain/text/count-tokens.js';
import { splitSentences } from '../../domain/text/split-sentences.js';

/** A place in the evidence: passage and sentence, both counting from 1. Written `[2.3]`. */
export interface Address {
  passage: number;
  sentence: number;
}

/** One sentence of a passage. `start`/`end` are offsets into the stored page text, `text` is exactly that slice. */
export interface GroundedSentence extends Address {
  start: number;
  end: number;
  text: string;
}

export interface GroundedPassage {
  /** Counts from 1 in order of rank. */
  number: number;
  passage: Passage;
  sentences: GroundedSentence[];
}

/** What an answer may rest on. */
export interface Evidence {
  passages: GroundedPassage[];
  /** Estimated tokens of all sentences with their addresses. */
  tokens: number;
  /** Passages that the budget left out. */
  dropped: number;
}

/** Tokens of evidence an answer gets unless told otherwise: what 8k-context models take beside rules and answer. */
export const DEFAULT_EVIDENCE_TOKENS = 5000;
/** Tokens that the address and the line break of a sentence cost. */
const ADDRESS_TOKENS = 6;

/**
 * Splits passages into addressed sentences, best first, until `budgetTokens` is used up. A passage that does not fit is
 * left out whole, and a smaller one further down may take its place; the first is kept in any case, so that there is
 * something to answer from. Passages must come in order of rank. Duplicates (same id) are dropped.
 */
export function groundPassages(passages: Passage[], budgetTokens: number = DEFAULT_EVIDENCE_TOKENS): Evidence {
  const evidence: Evidence = { passages: [], tokens: 0, dropped: 0 };
  const seen = new Set<string>();
  for (const passage of passages) {
    if (seen.has(passage.id)) continue;
    seen.add(passage.id);
    const spans = splitSentences(passage.text).filter(({ start, end }) => passage.text.slice(start, end).trim() !== '');
    const tokens = countTokens(passage.text) + spans.length * ADDRESS_TOKENS;
    const fits = evidence.tokens + tokens <= budgetTokens || evidence.passages.length === 0;
    if (spans.length === 0 || !fits) {
      evidence.dropped += 1;
      continue;
    }
    evidence.tokens += tokens;
    evidence.passages.push(addressPassage(passage, evidence.passages.length + 1, spans));
  }
  return evidence;
}

function addressPassage(passage: Passage, number: number, spans: { start: number; end: number }[]): GroundedPassage {
  const sentences = spans.map(({ start, end }, index) => ({
    passage: number,
    sentence: index + 1,
    start: passage.start + start,
    end: passage.start + end,
    text: passage.text.slice(start, end),
  }));
  return { number, passage, sentences };
}

/** The sentence at an address, or undefined when there is none. */
export function findSentence(evidence: Evidence, address: Address): GroundedSentence | undefined {
  return evidence.passages[address.passage - 1]?.sentences[address.sentence - 1];
}
