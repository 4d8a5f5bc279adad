/**
 * PowerPoint presentations (.pptx, slide shows, templates and macro variants): a page per slide, in the order of the
 * presentation, hidden ones included, notes and comments at its end. Pictures and everything outside the file are never
 * read.
 */
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument, ParsedPage } from '../../src/domain/parsed-document.js';
import { assemblePage, type PendingBlock } from './assemble-document.js';
import { cleanTitle } from './clean-text.js';
import {
  findMainPart,
  followList,
  type Relationship,
  readOoxmlTitle,
  readRelationships,
  tolerateDamage,
} from './ooxml-package.js';
import { type Archive, openArchive } from './open-archive.js';
import { type ParserInput, tooMuchText } from './parser.js';
import { readDiagramText, readSlideComments, readSlideText, type SlideText } from './pptx-slide.js';
import { localName, readXmlTree } from './read-xml-part.js';
import { type HtmlDocument, type HtmlElement, isElement, walkHtml } from './walk-html.js';

/**
 * Reads a presentation. A slide that is damaged or missing fails alone. The title is the one in its properties, or that of
 * its first slide.
 * @throws AppError `corrupt`, `no_pages`, `entity_expansion`, `inflated_too_large`, `password_required`
 */
export async function parsePptx(input: ParserInput): Promise<ParsedDocument> {
  const archive = openArchive(input.bytes, input.limits);
  const main = findMainPart(archive, 'ppt/presentation.xml');
  const slides = findSlides(readXmlTree(archive, main));
  const parts = followList(slides, readRelationships(archive, main), input.limits.maxArchiveEntries);
  const pages: ParsedPage[] = [];
  let title: string | null = null;
  let characters = 0;
  for (const [index, part] of parts.entries()) {
    const slide = part === null ? null : tolerateDamage(() => readSlide(archive, part));
    if (index === 0) title = cleanTitle(slide?.title);
    const page = toPage(index + 1, slide);
    characters += page.text.length;
    if (characters > input.limits.maxCharacters) throw tooMuchText();
    pages.push(page);
    input.reportProgress?.(index + 1, parts.length);
  }
  if (pages.every(({ status }) => status === 'failed')) {
    throw new AppError('corrupt', 'None of the slides of the presentation could be read.');
  }
  return { title: readOoxmlTitle(archive) ?? title, paged: true, pages };
}

function findSlides(root: HtmlDocument): HtmlElement[] {
  const slides: HtmlElement[] = [];
  walkHtml(root, {
    enter(node) {
      if (isElement(node) && localName(node.name) === 'sldId') slides.push(node);
      // Sections in an extension list name the slides again.
      return isElement(node) && localName(node.name) !== 'extLst';
    },
  });
  return slides;
}

function toPage(number: number, slide: { title: string | null; blocks: PendingBlock[] } | null): ParsedPage {
  if (slide === null) {
    const reason = 'The slide is damaged or missing and could not be read.';
    return { number, label: null, status: 'failed', reason, text: '', blocks: [] };
  }
  const title: PendingBlock[] = slide.title === null ? [] : [{ kind: 'heading', level: 1, text: slide.title }];
  const emptyReason = 'The slide holds no text: it is blank or a picture.';
  return assemblePage({ number, label: null, emptyReason }, [...title, ...slide.blocks]);
}

function readSlide(archive: Archive, part: string): SlideText {
  const slide = readSlideText(readXmlTree(archive, part));
  const related = readRelationships(archive, part);
  const targets = new Map(related.map(({ id, target }) => [id, target]));
  for (const id of new Set(slide.diagrams)) {
    const target = targets.get(id);
    const diagram = target === undefined ? null : tolerateDamage(() => readXmlTree(archive, target));
    if (diagram !== null) slide.blocks.push(...readDiagramText(diagram));
  }
  const notes = readRelated(archive, related, 'notesSlide').flatMap((root) => readSlideText(root).blocks);
  if (notes.length > 0) {
    const lines = notes.map(({ text }) => text.replace(/^ *- /gm, ''));
    slide.blocks.push({ kind: 'paragraph', text: `Notes: ${lines.join('\n')}` });
  }
  const comments = readRelated(archive, related, 'comments').flatMap(readSlideComments);
  if (comments.length > 0) {
    const list = comments.map((comment) => `- ${comment}`).join('\n');
    slide.blocks.push({ kind: 'paragraph', text: 'Comments:' }, { kind: 'list', text: list });
  }
  return slide;
}

/** The parts of a type that a slide is linked to; links that lead nowhere and damaged parts are passed over. */
function readRelated(archive: Archive, related: readonly Relationship[], type: string): HtmlDocument[] {
  const found: HtmlDocument[] = [];
  for (const { target } of related.filter((relationship) => relationship.type === type)) {
    const root = tolerateDamage(() => readXmlTree(archive, target));
    if (root !== null) found.push(root);
  }
  return found;
}
