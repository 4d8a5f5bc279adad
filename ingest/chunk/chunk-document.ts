/**
 * Pages -> passages: recursive, counted in tokens, along the structure. A passage lies within one page, within one section
 * where sections are large enough, and never mixes two tables; what is too large is cut at sentences, then at words, then
 * between characters. It reads pages and gives chunks; it stores nothing.
 */
import { AppError } from '../../src/domain/errors.js';
import type { ParsedPage } from '../../src/domain/parsed-document.js';
import type { Chunk } from '../../src/domain/passage.js';
import { type Atom, cutPage } from './cut-page.js';
import { createHeadingPath } from './heading-path.js';
import { packAtoms } from './pack-atoms.js';

/** Limits of the chunker, in tokens and passages. */
export interface ChunkLimits {
  maxTokens: number;
  maxPassages: number;
}

/** Longest header row that is carried along with later parts of a table, in code units. */
const MAX_CONTEXT = 500;

/**
 * Chunks in reading order, ordinals from 0. `text` is exactly `page.text.slice(start, end)` without white space at its
 * ends; all text that is not blank is in a chunk, none in two. Time is linear in the text.
 * @throws AppError `too_many_passages`
 */
export function chunkDocument(
  parsed: { pages: ParsedPage[]; paged: boolean },
  { maxTokens, maxPassages }: ChunkLimits,
): Chunk[] {
  const chunks: Chunk[] = [];
  const headings = createHeadingPath();
  for (const page of parsed.pages) {
    for (const atoms of packAtoms(cutPage(page, { maxTokens, headings }), maxTokens)) {
      if (chunks.length >= maxPassages) throw tooMany(maxPassages);
      chunks.push(toChunk(page, atoms, chunks.length));
    }
  }
  return chunks;
}

function toChunk(page: ParsedPage, atoms: [Atom, ...Atom[]], ordinal: number): Chunk {
  const start = atoms[0].start;
  const end = (atoms.at(-1) ?? atoms[0]).end;
  const leading = atoms.find((atom) => atom.kind !== 'heading') ?? atoms[0];
  const table = atoms.find((atom) => atom.header !== null && atom.start >= atom.header.end);
  const header = table?.header;
  return {
    ordinal,
    page: page.number,
    start,
    end,
    text: page.text.slice(start, end),
    heading: leading.heading,
    context: header && header.start < start ? tidy(page.text.slice(header.start, header.end)) : '',
  };
}

function tidy(header: string): string {
  return header.replace(/\s+/gu, ' ').trim().slice(0, MAX_CONTEXT);
}

function tooMany(maxPassages: number): AppError {
  return new AppError(
    'too_many_passages',
    `The document needs more than ${maxPassages} passages; split it, or raise MAX_PASSAGES_PER_DOCUMENT.`,
  );
}
