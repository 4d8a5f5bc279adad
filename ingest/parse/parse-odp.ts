/** OpenDocument presentations (.odp and templates): a page per slide, notes and comments at its end. */
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument, ParsedPage } from '../../src/domain/parsed-document.js';
import { assemblePage, type PendingBlock } from './assemble-document.js';
import { cleanText, cleanTitle, joinLines } from './clean-text.js';
import { convertOdfToBlocks, type OdfText, readInline, renderRemarks } from './odf-blocks.js';
import { CONTENT, openOdf, readOdfStyles, readOdfTitle } from './odf-package.js';
import type { ParserInput } from './parser.js';
import { childElements, readXmlTree } from './read-xml-part.js';
import { createTextBudget } from './text-budget.js';
import { type HtmlDocument, type HtmlElement, isElement, walkHtml } from './walk-html.js';

/** Frames that every slide repeats. */
const RUNNING = new Set(['footer', 'header', 'date-time', 'page-number', 'page']);

/**
 * Reads a presentation. Its title is the one in its properties, or that of its first slide.
 * @throws AppError `corrupt`, `no_pages`, `password_required`, `entity_expansion`, `inflated_too_large`
 */
export async function parseOdp(input: ParserInput): Promise<ParsedDocument> {
  const archive = openOdf(input);
  const content = readXmlTree(archive, CONTENT);
  const slides = findSlides(content);
  if (slides.length === 0) throw new AppError('no_pages', 'The presentation has no slides.');
  if (slides.length > input.limits.maxArchiveEntries) {
    throw new AppError('inflated_too_large', `The file lists more than ${input.limits.maxArchiveEntries} slides.`);
  }
  const styles = readOdfStyles(archive, content);
  const budget = createTextBudget(input.limits);
  const pages: ParsedPage[] = [];
  let firstTitle: string | null = null;
  for (const [index, slide] of slides.entries()) {
    const { title, blocks } = readSlide(slide, { styles, budget, notes: [], comments: [] });
    if (index === 0) firstTitle = cleanTitle(title);
    const emptyReason = 'The slide holds no text: it is blank or a picture.';
    const all: PendingBlock[] = title === null ? blocks : [{ kind: 'heading', level: 1, text: title }, ...blocks];
    pages.push(assemblePage({ number: index + 1, label: null, emptyReason }, all));
    input.reportProgress?.(index + 1, slides.length);
  }
  return { title: readOdfTitle(archive) ?? firstTitle, paged: true, pages };
}

function findSlides(content: HtmlDocument): HtmlElement[] {
  const slides: HtmlElement[] = [];
  walkHtml(content, {
    enter(node) {
      if (!isElement(node)) return false;
      if (node.name === 'draw:page') slides.push(node);
      return node.name !== 'draw:page';
    },
  });
  return slides;
}

interface SlideText {
  title: string | null;
  blocks: PendingBlock[];
}

function readSlide(slide: HtmlElement, text: OdfText): SlideText {
  let title: string | null = null;
  const blocks: PendingBlock[] = [];
  const spoken: string[] = [];
  for (const shape of childElements(slide)) {
    const kind = shape.attribs['presentation:class'] ?? '';
    if (shape.name === 'presentation:notes') spoken.push(...readNotes(shape, text));
    else if (readInline(shape, text) === null && !RUNNING.has(kind)) {
      const found = convertOdfToBlocks(shape, text);
      if (kind === 'title' && title === null) title = joinLines(cleanText(found.map((block) => block.text).join('\n')));
      else blocks.push(...found);
    }
  }
  const joined = joinLists(blocks);
  if (spoken.length > 0) joined.push({ kind: 'paragraph', text: `Notes: ${spoken.join('\n')}` });
  return { title: title || null, blocks: [...joined, ...renderRemarks(text)] };
}

function readNotes(notes: HtmlElement, text: OdfText): string[] {
  const shapes = childElements(notes).filter(({ attribs }) => !RUNNING.has(attribs['presentation:class'] ?? ''));
  return shapes.flatMap((shape) => convertOdfToBlocks(shape, text)).map((block) => block.text);
}

/** Impress writes every bullet point as a list of its own. */
function joinLists(blocks: readonly PendingBlock[]): PendingBlock[] {
  const joined: PendingBlock[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last?.kind === 'list' && block.kind === 'list' && /^ *-/.test(block.text)) last.text += `\n${block.text}`;
    else joined.push({ ...block });
  }
  return joined;
}
