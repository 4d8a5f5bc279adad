/** The finished answer, sentence by sentence: where it stands, what it cites, and whether that supports it. */
import type { AnswerSentence, Citation } from '../../domain/answer.js';
import { splitSentences } from '../../domain/text/split-sentences.js';
import { checkSupport } from './check-support.js';
import type { AnswerPiece, CitedText } from './cite-answer.js';

export interface Judgement {
  sentences: AnswerSentence[];
  /** At least one claim, and none of them unsupported. */
  grounded: boolean;
  /** Supported claims over claims; 0 without a claim. */
  coverage: number;
  /** At least one claim is supported or weakly supported. */
  anySupport: boolean;
}

/** A sentence of the text without markers, and the same stretch with them. */
interface Stretch {
  text: string;
  start: number;
  end: number;
  markers: number[];
}

/**
 * Judges every sentence against the quotes it cites. A claim without a citation is held against everything the answer
 * cites and is weak at best.
 */
export function judgeSentences({ pieces, citations }: CitedText, question: string): Judgement {
  const sentences = findStretches(pieces).map((stretch) => {
    const own = citations.filter(({ marker }) => stretch.markers.includes(marker));
    const held = own.length > 0 ? own : citations;
    const verdict = checkSupport({
      text: stretch.text,
      evidence: held.map(({ quote }) => quote),
      background: describeBackground(question, held),
    });
    const support = own.length === 0 && verdict === 'supported' ? 'weak' : verdict;
    return { start: stretch.start, end: stretch.end, support, citations: stretch.markers } satisfies AnswerSentence;
  });
  const claims = sentences.filter(({ support }) => support !== 'not-a-claim');
  const supported = claims.filter(({ support }) => support === 'supported').length;
  const unsupported = claims.filter(({ support }) => support === 'unsupported').length;
  return {
    sentences,
    grounded: claims.length > 0 && unsupported === 0,
    coverage: claims.length === 0 ? 0 : supported / claims.length,
    anySupport: claims.length > unsupported,
  };
}

function describeBackground(question: string, citations: Citation[]): string {
  return [question, ...citations.flatMap(({ documentTitle, heading }) => [documentTitle, ...heading])].join('\n');
}

/** Splits the text without its markers, then puts the markers back: one behind a full stop belongs to what it follows. */
function findStretches(pieces: readonly AnswerPiece[]): Stretch[] {
  const { bare, placed } = separateMarkers(pieces);
  const spans = splitSentences(bare)
    .map((span) => trimSpan(bare, span))
    .filter(({ start, end }) => end > start);
  const owners = placed.map(({ at }) => {
    const written = bare.slice(0, at).trimEnd().length;
    return Math.max(
      0,
      spans.findLastIndex(({ start }) => start < written),
    );
  });
  return spans.map(({ start, end }, index) => {
    const owned = placed.filter((_, position) => owners[position] === index);
    const ends = owned.map(({ at }) => shiftOffset(placed, at, true));
    // A marker before the first word of all has no sentence before it.
    const leading = owned.filter(({ at }) => at <= start).map(({ at }) => shiftOffset(placed, at, false));
    return {
      text: bare.slice(start, end),
      start: Math.min(shiftOffset(placed, start, true), ...leading),
      end: Math.max(shiftOffset(placed, end, false), ...ends),
      markers: [...new Set(owned.map(({ marker }) => marker))],
    };
  });
}

/** A marker and where it stands in the text without markers. */
interface PlacedMarker {
  marker: number;
  at: number;
  length: number;
}

function separateMarkers(pieces: readonly AnswerPiece[]): { bare: string; placed: PlacedMarker[] } {
  let bare = '';
  const placed: PlacedMarker[] = [];
  for (const piece of pieces) {
    if (piece.type === 'text') bare += piece.text;
    else placed.push({ marker: piece.marker, at: bare.length, length: `[${piece.marker}]`.length });
  }
  return { bare, placed };
}

/** The offset in the shown text of an offset in the text without markers; `behind` the markers that stand right there. */
function shiftOffset(placed: readonly PlacedMarker[], offset: number, behind: boolean): number {
  return placed.reduce(
    (sum, { at, length }) => (at < offset || (behind && at === offset) ? sum + length : sum),
    offset,
  );
}

function trimSpan(text: string, { start, end }: { start: number; end: number }): { start: number; end: number } {
  const slice = text.slice(start, end);
  return { start: start + slice.length - slice.trimStart().length, end: start + slice.trimEnd().length };
}
