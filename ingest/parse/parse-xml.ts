/**
 * XML without a format of its own. Short values become lines "path: value", one block a record, under the path of the
 * element that holds the records; long values are paragraphs. Attributes count as values. Nothing is loaded: files with
 * a document type declaration are refused, because such a declaration is what entities that expand need.
 */
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { assembleBlocks, createUnpagedDocument, type PendingBlock } from './assemble-document.js';
import { cleanText } from './clean-text.js';
import { decodeText, findDeclaredEncoding } from './decode-text.js';
import type { ParseLimits, ParserInput } from './parser.js';
import { localName } from './read-xml-part.js';
import { damagedPart, readAttributes, scanXml } from './scan-xml.js';
import { createTextBudget } from './text-budget.js';

/** Elements inside each other; documents have under thirty. */
const MAX_DEPTH = 200;
/** A value longer than this is prose. */
const MAX_LINE_CHARACTERS = 120;
const MAX_NAME_CHARACTERS = 100;
/** Elements whose text is a program, not words. */
const SKIPPED = new Set(['script', 'style']);

interface Element {
  name: string;
  /** Names from the root to the element. */
  path: readonly string[];
  /** For each step of the path, which of the elements at that depth it is. */
  ordinals: readonly number[];
}

interface OpenElement extends Element {
  /** Where its entries begin. */
  firstEntry: number;
  hasText: boolean;
}

/** A value of an element: its text, or an attribute. */
interface Entry {
  element: Element;
  attribute: string | null;
  text: string;
}

/**
 * Reads an XML file in the encoding it declares.
 * @throws AppError `entity_expansion` (document type declaration), `corrupt` (not well-formed), `parse_failed` (too deep),
 *         `inflated_too_large`
 */
export async function parseXml(input: ParserInput): Promise<ParsedDocument> {
  const { text } = decodeText(input.bytes, findDeclaredEncoding(input.bytes));
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    throw new AppError('entity_expansion', 'The file has a document type declaration; such files are not read.');
  }
  const { entries, wrappers } = readEntries(text, input.limits);
  const assembled = assembleBlocks(toBlocks(entries, wrappers));
  return createUnpagedDocument(null, assembled.text, assembled.blocks);
}

/** All values in order, and the names from the root down to the element that holds the records. */
function readEntries(xml: string, limits: ParseLimits): { entries: Entry[]; wrappers: string[] } {
  const open: OpenElement[] = [];
  const entries: Entry[] = [];
  const countAtDepth: number[] = [];
  const nameAtDepth: string[] = [];
  const budget = createTextBudget(limits);

  function addEntry(element: Element, attribute: string | null, text: string): void {
    budget.spend(text.length + element.path.length);
    entries.push({ element, attribute, text });
  }

  function openElement(name: string): OpenElement {
    const depth = open.length;
    if (depth >= MAX_DEPTH) throw new AppError('parse_failed', 'The XML is nested too deeply to be read.');
    const ordinal = countAtDepth[depth] ?? 0;
    countAtDepth[depth] = ordinal + 1;
    nameAtDepth[depth] ??= name;
    const parent = open.at(-1);
    const path = [...(parent?.path ?? []), name];
    const ordinals = [...(parent?.ordinals ?? []), ordinal];
    return { name, path, ordinals, firstEntry: entries.length, hasText: false };
  }

  scanXml(xml, {
    open(qualified, attributes) {
      const element = openElement(shortName(qualified));
      open.push(element);
      for (const { name, value } of readAttributes(attributes)) {
        const isAboutXml = /^(?:xmlns|xml|xsi)(?::|$)/.test(name);
        if (!isAboutXml && value.trim() !== '') addEntry(element, shortName(name), value);
      }
    },
    text(data) {
      const element = open.at(-1);
      if (element === undefined || SKIPPED.has(element.name)) return;
      const isBlank = data.trim() === '';
      if (!isBlank) element.hasText = true;
      addEntry(element, null, isBlank ? ' ' : data);
    },
    close(qualified) {
      const element = open.pop();
      if (element === undefined || element.name !== shortName(qualified)) throw damagedPart();
      if (element.hasText) joinText(entries, element);
    },
  });
  let depth = 1;
  while (countAtDepth[depth] === 1 && (countAtDepth[depth + 1] ?? 0) > 0) depth++;
  return { entries, wrappers: nameAtDepth.slice(0, depth) };
}

function shortName(qualified: string): string {
  return localName(qualified).slice(0, MAX_NAME_CHARACTERS);
}

/** An element with text of its own is one value, with the words of the elements in it where they stand. */
function joinText(entries: Entry[], element: OpenElement): void {
  const inside = entries.splice(element.firstEntry);
  let text = '';
  for (const entry of inside) {
    if (entry.attribute === null) text += entry.text;
    // Attributes of the marks inside the text are not words.
    else if (entry.element === element) entries.push(entry);
  }
  entries.push({ element, attribute: null, text });
}

/** The values under one element; a plain one is a single value with its attributes. */
interface XmlRecord {
  ordinal: number | undefined;
  isPlain: boolean;
  blocks: PendingBlock[];
}

/** One block a record, plain records side by side share one; prose stands apart. */
function toBlocks(entries: readonly Entry[], wrappers: readonly string[]): PendingBlock[] {
  const records: XmlRecord[] = [];
  for (const { element, attribute, text } of entries) {
    const value = cleanText(text).replace(/\s+/g, ' ').trim();
    if (value === '') continue;
    const ordinal = element.ordinals[wrappers.length];
    let record = records.at(-1);
    if (record === undefined || record.ordinal !== ordinal) {
      record = { ordinal, isPlain: true, blocks: [] };
      records.push(record);
    }
    record.isPlain &&= element.path.length <= wrappers.length + 1;
    addValue(record.blocks, linePath(element, attribute, wrappers.length), value);
  }
  const blocks = joinRecords(records);
  const heading = cleanText(wrappers.join('/')).trim();
  if (blocks.length > 0 && heading !== '') blocks.unshift({ kind: 'heading', level: 1, text: heading });
  return blocks;
}

function joinRecords(records: readonly XmlRecord[]): PendingBlock[] {
  const blocks: PendingBlock[] = [];
  let wasPlain = false;
  for (const record of records) {
    for (const [index, block] of record.blocks.entries()) {
      const last = blocks.at(-1);
      const isShared = index === 0 && wasPlain && record.isPlain && block.kind === 'list' && last?.kind === 'list';
      if (isShared) last.text += `\n${block.text}`;
      else blocks.push({ ...block });
    }
    wasPlain = record.isPlain;
  }
  // Names, unlike values, are not clean yet.
  return blocks.map((block) => ({ ...block, text: cleanText(block.text).trim() }));
}

/** Names from the record on; the element's own name at least. */
function linePath(element: Element, attribute: string | null, depth: number): string {
  const names = element.path.slice(Math.min(depth, element.path.length - 1)).join('/');
  return attribute === null ? names : `${names}@${attribute}`;
}

function addValue(blocks: PendingBlock[], path: string, value: string): void {
  const last = blocks.at(-1);
  if (value.length > MAX_LINE_CHARACTERS) blocks.push({ kind: 'paragraph', text: value });
  else if (last === undefined || last.kind !== 'list') blocks.push({ kind: 'list', text: `${path}: ${value}` });
  else last.text += `\n${path}: ${value}`;
}
