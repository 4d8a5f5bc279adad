/**
 * The shapes of one slide as blocks (ECMA-376 part 1, 19.3 and 21.1): the title first, then texts and tables in the order
 * of the file. Date, footer and slide number, which every slide repeats, are left out.
 */
import type { PendingBlock } from './assemble-document.js';
import { cleanText, joinLines } from './clean-text.js';
import { childElements, localName } from './read-xml-part.js';
import { renderTable } from './render-table.js';
import { type HtmlDocument, type HtmlElement, isElement, walkHtml } from './walk-html.js';

/** A slide, or its page of notes. */
export interface SlideText {
  title: string | null;
  /** Without the title. */
  blocks: PendingBlock[];
  /** Ids of relationships that lead to drawings made of text (SmartArt). */
  diagrams: string[];
}

/** Placeholders that repeat on every slide (19.7.10). */
const RUNNING = new Set(['dt', 'ftr', 'hdr', 'sldNum', 'sldImg']);
/** Placeholders whose paragraphs are bullet points where nothing else is said. */
const OUTLINES = new Set(['body', 'obj', '']);
const MAX_INDENT = 8;
/** A cell that is merged downwards is repeated in the rows it covers, so that each can be read alone. */
const MAX_REPEATED_CHARACTERS = 200;

/** Reads the shapes of a slide, of its notes, or of a diagram. */
export function readSlideText(root: HtmlDocument): SlideText {
  const slide: SlideText = { title: null, blocks: [], diagrams: [] };
  walkHtml(root, {
    enter(node) {
      if (!isElement(node)) return false;
      const name = localName(node.name);
      if (name === 'sp') addShape(node, slide);
      else if (name === 'tbl') addTable(node, slide);
      else if (name === 'relIds') slide.diagrams.push(attributeEnding(node, ':dm'));
      else return !(name === 'Fallback' && hasChoice(node));
      return false;
    },
  });
  return slide;
}

/** The points of a diagram (21.4), one paragraph each. */
export function readDiagramText(root: HtmlDocument): PendingBlock[] {
  const points: string[] = [];
  walkHtml(root, {
    enter(node) {
      if (!isElement(node) || localName(node.name) !== 'p') return isElement(node);
      const text = joinLines(readParagraph(node));
      if (text !== '') points.push(`- ${text}`);
      return false;
    },
  });
  return points.length === 0 ? [] : [{ kind: 'list', text: points.join('\n') }];
}

/** The remarks on a slide, old or new style, one each. */
export function readSlideComments(root: HtmlDocument): string[] {
  const comments: string[] = [];
  walkHtml(root, {
    enter(node) {
      if (!isElement(node)) return false;
      const name = localName(node.name);
      if (name !== 'text' && name !== 'txBody') return true;
      const text = joinLines(cleanText(name === 'text' ? textUnder(node) : readBody(node).join('\n')));
      if (text !== '') comments.push(text);
      return false;
    },
  });
  return comments;
}

/** A fallback stands behind the choice that it repeats for old readers. */
function hasChoice(fallback: HtmlElement): boolean {
  let before = fallback.previousSibling;
  while (before?.type === 'text') before = before.previousSibling;
  return before !== null && isElement(before) && localName(before.name) === 'Choice';
}

function attributeEnding(element: HtmlElement, ending: string): string {
  return Object.entries(element.attribs).find(([name]) => name.endsWith(ending))?.[1] ?? '';
}

function addShape(shape: HtmlElement, slide: SlideText): void {
  const placeholder = findPlaceholder(shape);
  if (placeholder !== null && RUNNING.has(placeholder)) return;
  const body = childElements(shape).find(({ name }) => localName(name) === 'txBody');
  if (body === undefined) return;
  if (placeholder === 'title' || placeholder === 'ctrTitle') {
    const title = joinLines(readBody(body).join('\n'));
    if (slide.title === null && title !== '') slide.title = title;
    else if (title !== '') slide.blocks.push({ kind: 'paragraph', text: title });
    return;
  }
  slide.blocks.push(...readOutline(body, placeholder !== null && OUTLINES.has(placeholder)));
}

/** The type of the placeholder that a shape fills ('' for the usual one), null when it fills none. */
function findPlaceholder(shape: HtmlElement): string | null {
  const properties = childElements(shape).find(({ name }) => localName(name) === 'nvSpPr');
  for (const group of properties === undefined ? [] : childElements(properties)) {
    const placeholder = childElements(group).find(({ name }) => localName(name) === 'ph');
    if (placeholder !== undefined) return placeholder.attribs.type ?? '';
  }
  return null;
}

/** Paragraphs of a text body; neighbours that are bullet points become one list. */
function readOutline(body: HtmlElement, isOutline: boolean): PendingBlock[] {
  const paragraphs = childElements(body).filter(({ name }) => localName(name) === 'p');
  const blocks: PendingBlock[] = [];
  let items: string[] = [];
  let count = 0;
  const closeList = () => {
    if (items.length > 0) blocks.push({ kind: 'list', text: items.join('\n') });
    items = [];
    count = 0;
  };
  const isSeveral = paragraphs.length > 1;
  for (const paragraph of paragraphs) {
    const text = readParagraph(paragraph).trim();
    if (text === '') continue;
    const bullet = readBullet(paragraph, isOutline && isSeveral);
    if (bullet === null) {
      closeList();
      blocks.push({ kind: 'paragraph', text });
    } else {
      const marker = bullet.isNumbered ? `${++count}. ` : '- ';
      items.push(`${'  '.repeat(bullet.level)}${marker}${joinLines(text)}`);
    }
  }
  closeList();
  return blocks;
}

/** Null: a plain paragraph. */
function readBullet(paragraph: HtmlElement, isUsual: boolean): { level: number; isNumbered: boolean } | null {
  const properties = childElements(paragraph).find(({ name }) => localName(name) === 'pPr');
  const marks = properties === undefined ? [] : childElements(properties).map(({ name }) => localName(name));
  if (marks.includes('buNone')) return null;
  const level = Math.min(Math.max(0, Number(properties?.attribs.lvl) || 0), MAX_INDENT);
  const isNumbered = marks.includes('buAutoNum');
  const isMarked = isNumbered || marks.includes('buChar') || marks.includes('buBlip') || level > 0;
  return isMarked || isUsual ? { level, isNumbered } : null;
}

function readBody(body: HtmlElement): string[] {
  return childElements(body)
    .filter(({ name }) => localName(name) === 'p')
    .map((paragraph) => readParagraph(paragraph).trim());
}

/** Clean text of a paragraph; its line breaks stay. */
function readParagraph(paragraph: HtmlElement): string {
  const parts: string[] = [];
  walkHtml(paragraph, {
    enter(node) {
      if (!isElement(node)) return false;
      const name = localName(node.name);
      if (name === 't') parts.push(textUnder(node));
      if (name === 'br') parts.push('\n');
      return name !== 't' && !(name === 'Fallback' && hasChoice(node));
    },
  });
  return cleanText(parts.join(''));
}

function textUnder(element: HtmlElement): string {
  const parts: string[] = [];
  walkHtml(element, {
    enter(node) {
      if (node.type === 'text') parts.push(node.data);
      return true;
    },
  });
  return parts.join('');
}

function addTable(table: HtmlElement, slide: SlideText): void {
  const rows: string[][] = [];
  for (const row of childElements(table).filter(({ name }) => localName(name) === 'tr')) {
    const above = rows.at(-1);
    const cells: string[] = [];
    for (const cell of childElements(row).filter(({ name }) => localName(name) === 'tc')) {
      const isContinued = isTrue(cell.attribs.vMerge);
      const repeated = above?.[cells.length] ?? '';
      if (isContinued) cells.push(repeated.length > MAX_REPEATED_CHARACTERS ? '' : repeated);
      else cells.push(isTrue(cell.attribs.hMerge) ? '' : readCell(cell));
    }
    rows.push(cells);
  }
  const rendered = renderTable(rows);
  if (rendered !== null) slide.blocks.push(rendered);
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}

function readCell(cell: HtmlElement): string {
  const body = childElements(cell).find(({ name }) => localName(name) === 'txBody');
  return body === undefined ? '' : readBody(body).join('\n').trim();
}
