/**
 * The one citing path: streamed text with sentence addresses in, text with numbered markers and checked citations out.
 * Markers are numbered by first use; an address that does not exist, or whose stored text differs, is dropped and counted.
 */
import type { AnswerEvent, Citation } from '../../domain/answer.js';
import { type Address, type Evidence, findSentence, type GroundedSentence } from '../ground/ground-passages.js';
import { type AnswerToken, createAddressParser } from './address-parser.js';
import type { CitationBuilder, CitationTarget, LinkToCitation } from './build-citation.js';

/** The answer in order: text, and markers by number. Concatenated they are the shown text. */
export type AnswerPiece = { type: 'text'; text: string } | { type: 'marker'; marker: number };

export interface CitedText {
  pieces: AnswerPiece[];
  citations: Citation[];
  /** Addresses that were not shown because they name nothing, or nothing that is stored as indexed. */
  dropped: number;
}

export interface AnswerCiter {
  /** Events for what became certain: `citation-added` before the `text-delta` with its marker. */
  push(text: string): Promise<AnswerEvent[]>;
  /** The rest. Call once. */
  finish(): Promise<AnswerEvent[]>;
  /** What has been shown so far. */
  result(): CitedText;
}

export interface AnswerCiterDependencies {
  evidence: Evidence;
  builder: CitationBuilder;
  linkTo: LinkToCitation;
  /** Addresses dropped by an earlier attempt, to count on from. */
  dropped?: number;
}

/** Where the writer stands. */
interface CiterState extends Omit<AnswerCiterDependencies, 'dropped'> {
  cited: CitedText;
  /** Events of the current call. */
  events: AnswerEvent[];
  /** Addresses that follow each other with nothing but white space between them are one pointer. */
  group: Address[];
  /** White space before and after the group: shown only when something follows. */
  gap: string;
  gapAfter: string;
  /** Something between the gaps was dropped, so that one of them is enough. */
  dropped: boolean;
}

/** A citer for one attempt at one answer. */
export function createAnswerCiter({ dropped = 0, ...dependencies }: AnswerCiterDependencies): AnswerCiter {
  const parser = createAddressParser();
  const state: CiterState = {
    ...dependencies,
    cited: { pieces: [], citations: [], dropped },
    events: [],
    group: [],
    gap: '',
    gapAfter: '',
    dropped: false,
  };

  async function takeAll(tokens: AnswerToken[], last: boolean): Promise<AnswerEvent[]> {
    state.events = [];
    for (const token of tokens) await take(state, token);
    if (last) await closeGroup(state);
    return state.events;
  }

  return {
    push: (text) => takeAll(parser.push(text), false),
    finish: () => takeAll(parser.flush(), true),
    result: () => state.cited,
  };
}

async function take(state: CiterState, token: AnswerToken): Promise<void> {
  if (token.type === 'addresses') {
    if (state.gapAfter.includes('\n')) await closeGroup(state);
    else state.gapAfter = '';
    state.group.push(...token.addresses);
  } else if (token.type === 'forged') {
    state.cited.dropped += 1;
    state.dropped = true;
  } else if (state.group.length > 0 && token.text.trim() === '') state.gapAfter += token.text;
  else {
    await closeGroup(state);
    showText(state, token.text);
  }
}

/** Turns the waiting addresses into markers, if any of them is good. */
async function closeGroup(state: CiterState): Promise<void> {
  if (state.group.length === 0) return;
  const addresses = state.group;
  state.group = [];
  const markers = await resolveAddresses(state, addresses);
  if (markers.length === 0) {
    state.dropped = true;
    return;
  }
  if (state.cited.pieces.length > 0) emitText(state, state.gap);
  state.gap = state.gapAfter;
  state.gapAfter = '';
  state.dropped = false;
  for (const marker of markers) {
    state.cited.pieces.push({ type: 'marker', marker });
    appendDelta(state.events, `[${marker}]`);
  }
}

async function resolveAddresses(state: CiterState, addresses: Address[]): Promise<number[]> {
  const sentences: GroundedSentence[] = [];
  for (const address of addresses) {
    const sentence = findSentence(state.evidence, address);
    if (sentence === undefined) state.cited.dropped += 1;
    else sentences.push(sentence);
  }
  const { targets, failed } = await state.builder.build(sentences);
  state.cited.dropped += failed;
  return [...new Set(targets.map((target) => markerFor(state, target)))];
}

function markerFor(state: CiterState, target: CitationTarget): number {
  const { citations } = state.cited;
  const known = citations.find((citation) => covers(citation, target));
  if (known !== undefined) return known.marker;
  const citation: Citation = { marker: citations.length + 1, ...target, url: state.linkTo(target) };
  citations.push(citation);
  state.events.push({ event: 'citation-added', data: { citation } });
  return citation.marker;
}

function showText(state: CiterState, text: string): void {
  const following = state.gapAfter + text;
  const lead = state.dropped && /^[\s.,;:!?)]/.test(following) ? '' : state.gap;
  const whole = state.cited.pieces.length === 0 ? following.trimStart() : lead + following;
  const shown = whole.trimEnd();
  state.gap = whole.slice(shown.length);
  state.gapAfter = '';
  state.dropped &&= shown === '';
  emitText(state, shown);
}

function emitText(state: CiterState, text: string): void {
  if (text === '') return;
  const last = state.cited.pieces.at(-1);
  if (last?.type === 'text') last.text += text;
  else state.cited.pieces.push({ type: 'text', text });
  appendDelta(state.events, text);
}

function appendDelta(events: AnswerEvent[], text: string): void {
  const last = events.at(-1);
  if (last?.event === 'text-delta') last.data.text += text;
  else events.push({ event: 'text-delta', data: { text } });
}

function covers(citation: Citation, target: CitationTarget): boolean {
  return (
    citation.documentId === target.documentId &&
    citation.version === target.version &&
    citation.page === target.page &&
    citation.start <= target.start &&
    citation.end >= target.end
  );
}

/** The text as shown, markers included. */
export function joinPieces(pieces: readonly AnswerPiece[]): string {
  return pieces.map((piece) => (piece.type === 'text' ? piece.text : `[${piece.marker}]`)).join('');
}
