/**
 * Rich Text Format (RTF Specification 1.9.1): paragraphs, headings, lists, tables, footnotes, comments and text boxes.
 * Our own reader, because those on npm render pages in a browser or unwrap mail, and lose tables, notes or the code pages
 * of fonts. Pictures and embedded objects are never looked at; nothing is loaded.
 */
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { assembleBlocks, createUnpagedDocument, type PendingBlock } from './assemble-document.js';
import { cleanTitle } from './clean-text.js';
import type { ParserInput } from './parser.js';
import { createRtfGroups, enterDestination, type RtfGroup, type RtfGroups, resetParagraph } from './rtf-groups.js';
import { createRtfStories, type RtfStories, type RtfStoryKind } from './rtf-stories.js';
import { createRtfFonts, createRtfTextBuffer, type RtfFonts, type RtfTextBuffer, rtfCharacter } from './rtf-text.js';
import { type RtfHandler, scanRtf } from './scan-rtf.js';

/** The code pages that `\mac`, `\pc` and `\pca` mean. */
const FILE_CODE_PAGES: Record<string, number> = { mac: 10000, pc: 437, pca: 850 };
const STORIES: Record<string, RtfStoryKind> = { footnote: 'footnote', annotation: 'comment', shptxt: 'box' };
const BREAKS = new Set(['par', 'sect', 'page', 'column']);

/**
 * Reads an RTF file. The title is the one in its properties, or its first heading of level 1.
 * @throws AppError `corrupt` when it does not begin as RTF or is cut off, `parse_failed` when it is nested too deeply
 */
export async function parseRtf(input: ParserInput): Promise<ParsedDocument> {
  const { title, blocks } = readRtf(input.bytes);
  const heading = blocks.find((block) => block.kind === 'heading' && block.level === 1);
  const assembled = assembleBlocks(blocks);
  return createUnpagedDocument(cleanTitle(title) ?? cleanTitle(heading?.text), assembled.text, assembled.blocks);
}

function readRtf(file: Uint8Array): { title: string; blocks: PendingBlock[] } {
  const start = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, 512)).indexOf('{\\rtf');
  if (start < 0) throw damaged();
  const body = file.subarray(start);
  const state: RtfState = {
    groups: createRtfGroups(),
    stories: createRtfStories(),
    fonts: createRtfFonts(),
    styles: createStyles(),
    title: createRtfTextBuffer(),
    skipped: 0,
  };
  scanRtf(body, createHandler(state, body));
  // The last bracket is what careless writers and editors lose; more of them missing means that the end is missing.
  if (state.groups.depth() > 1) throw damaged();
  return { title: state.title.take(), blocks: state.stories.finish(state.groups.current()) };
}

interface RtfState {
  groups: RtfGroups;
  stories: RtfStories;
  fonts: RtfFonts;
  styles: ReturnType<typeof createStyles>;
  title: RtfTextBuffer;
  /** Characters still to be left out behind `\u`. */
  skipped: number;
}

function createHandler(state: RtfState, file: Uint8Array): RtfHandler {
  const { groups, fonts, styles } = state;
  return {
    openGroup() {
      state.skipped = 0;
      groups.open();
    },
    closeGroup() {
      state.skipped = 0;
      if (groups.current().destination === 'styles') styles.endStyle();
      groups.close();
      return groups.depth() > 0;
    },
    word(name, parameter) {
      state.skipped = 0;
      const group = groups.current();
      if (group.destination === 'skip' || enterDestination(group, name)) return;
      if (!readFileWord(fonts, name, parameter)) readWord(state, name, parameter);
    },
    symbol(character) {
      if (character === '*') groups.current().isStarred = true;
      else if (state.skipped > 0) state.skipped--;
      else if (character === '\n' || character === '\r') readWord(state, 'par', null);
      else addCharacter(state, character);
    },
    bytes(from, to) {
      const left = Math.min(state.skipped, to - from);
      state.skipped -= left;
      if (from + left === to) return;
      target(state)?.addBytes(file.subarray(from + left, to), fonts.encodingOf(groups.current().font));
    },
    byte(value) {
      if (state.skipped > 0) state.skipped--;
      else target(state)?.addByte(value, fonts.encodingOf(groups.current().font));
    },
  };
}

/** Where text goes now, or null where it is dropped. */
function target({ groups, stories, styles, title }: RtfState): RtfTextBuffer | null {
  const group = groups.current();
  if (group.isHidden) return null;
  if (group.destination === 'text') return stories.text();
  if (group.destination === 'marker') return stories.marker();
  if (group.destination === 'styles') return styles.name;
  return group.destination === 'title' ? title : null;
}

/** False when the name stands for no character. */
function addCharacter(state: RtfState, name: string): boolean {
  const character = rtfCharacter(name);
  if (character !== undefined) target(state)?.addText(character);
  return character !== undefined;
}

function readWord(state: RtfState, name: string, parameter: number | null): void {
  const group = state.groups.current();
  if (name === 'u' && parameter !== null) {
    target(state)?.addText(String.fromCharCode(parameter & 0xffff));
    state.skipped = group.unicodeSkip;
    return;
  }
  if (addCharacter(state, name)) return;
  readProperty(group, name, parameter);
  if (group.destination === 'fonts') readFontWord(state.fonts, group, name, parameter);
  else if (group.destination === 'styles') state.styles.readWord(name, parameter);
  else if (group.destination === 'text') readTextWord(state, group, name);
}

function readTextWord({ stories, styles }: RtfState, group: RtfGroup, name: string): void {
  if (BREAKS.has(name)) stories.endParagraph(group, styles.headingLevel(group));
  else if (name === 'cell') stories.endCell();
  else if (name === 'row') stories.endRow();
  else if (name === 'nestcell') stories.text().addText(' ');
  else if (name === 'nestrow') stories.text().addText('\n');
  else if (Object.hasOwn(STORIES, name)) {
    resetParagraph(group);
    group.onClose ??= stories.begin(STORIES[name] ?? 'box');
  }
}

/** Words about the whole file; false for others. */
function readFileWord(fonts: RtfFonts, name: string, parameter: number | null): boolean {
  if (name === 'ansicpg' && parameter !== null) fonts.setFileCodePage(parameter);
  else if (name === 'deff' && parameter !== null) fonts.setDefaultFont(parameter);
  else if (Object.hasOwn(FILE_CODE_PAGES, name)) fonts.setFileCodePage(FILE_CODE_PAGES[name] ?? 1252);
  else return false;
  return true;
}

function readFontWord(fonts: RtfFonts, group: RtfGroup, name: string, parameter: number | null): void {
  if (name === 'fcharset' && group.font !== null && parameter !== null) fonts.setFontCharset(group.font, parameter);
}

/** Words that change what is in force. */
function readProperty(group: RtfGroup, name: string, parameter: number | null): void {
  const isOn = parameter !== 0;
  if (name === 'f') group.font = parameter;
  else if (name === 'uc') group.unicodeSkip = Math.max(0, Math.min(parameter ?? 1, 16));
  else if (name === 'v' || name === 'deleted') group.isHidden = isOn;
  else if (name === 'plain') {
    group.font = null;
    group.isHidden = false;
  } else if (name === 'pard') resetParagraph(group);
  else if (name === 'intbl') group.isInTable = isOn;
  else if (name === 'itap') group.isInTable = parameter !== null && parameter > 0;
  else if (name === 's') group.style = parameter;
  else if (name === 'outlinelevel') group.outlineLevel = parameter;
}

/** The styles that are headings. */
function createStyles() {
  const levels = new Map<number, number>();
  const name = createRtfTextBuffer();
  let number: number | null = null;
  let level: number | null = null;
  return {
    name,
    readWord(word: string, parameter: number | null): void {
      if (word === 's') number = parameter;
      if (word === 'outlinelevel') level = levelOf(parameter);
    },
    endStyle(): void {
      const called = name.take().trim();
      const named = /^heading ([1-6])\b/i.exec(called)?.[1] ?? (/^title;?$/i.test(called) ? '1' : undefined);
      const found = level ?? (named === undefined ? null : Number(named));
      if (number !== null && found !== null) levels.set(number, found);
      number = null;
      level = null;
    },
    headingLevel(group: RtfGroup): number | null {
      if (group.outlineLevel !== null) return levelOf(group.outlineLevel);
      return group.style === null ? null : (levels.get(group.style) ?? null);
    },
  };
}

/** 0..8 are levels of headings, 9 is running text. */
function levelOf(outlineLevel: number | null): number | null {
  return outlineLevel === null || outlineLevel < 0 || outlineLevel > 8 ? null : Math.min(outlineLevel + 1, 6);
}

function damaged(): AppError {
  return new AppError('corrupt', 'The RTF file is damaged, or cut off.');
}
