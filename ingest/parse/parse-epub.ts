/**
 * EPUB books, versions 2 and 3: the chapters in reading order, through the HTML converter. A book has no fixed pages, so
 * all of it is one text with the chapters' headings in it; a chapter without a heading gets its name from the table of
 * contents. Pictures, scripts and styles are never read; nothing outside the file is.
 */
import { load } from 'cheerio/slim';
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { assembleBlocks, createUnpagedDocument, type PendingBlock } from './assemble-document.js';
import { readEpubPackage, readEpubPart } from './epub-package.js';
import { convertHtmlToBlocks } from './html-to-blocks.js';
import { openArchive } from './open-archive.js';
import type { ParserInput } from './parser.js';
import { createTextBudget } from './text-budget.js';

/**
 * Reads a book. The title is the one in its metadata.
 * @throws AppError `corrupt` (a part that the book lists is missing), `password_required` (copy protection),
 *         `entity_expansion`, `inflated_too_large`
 */
export async function parseEpub(input: ParserInput): Promise<ParsedDocument> {
  const archive = openArchive(input.bytes, input.limits);
  const { title, chapters, labels } = readEpubPackage(archive);
  if (chapters.length === 0) throw new AppError('no_pages', 'The book lists no chapters.');
  const budget = createTextBudget(input.limits);
  const blocks: PendingBlock[] = [];
  for (const path of chapters) {
    const chapter = convertChapter(readEpubPart(archive, path), labels.get(path));
    for (const block of chapter) {
      budget.spend(block.text.length);
      blocks.push(block);
    }
  }
  const assembled = assembleBlocks(blocks);
  return createUnpagedDocument(title, assembled.text, assembled.blocks);
}

function convertChapter(xhtml: string, label: string | undefined): PendingBlock[] {
  // The HTML parser, because books hold HTML's named characters and are not always well-formed; but in XHTML, elements
  // may close themselves, and a <title/> or <script/> must not swallow the chapter.
  const root = load(xhtml, { xml: { xmlMode: false, recognizeSelfClosing: true } }).root()[0];
  if (root === undefined) return [];
  const blocks = convertHtmlToBlocks(root, { skipNavigation: true });
  const [first] = blocks;
  if (first === undefined || label === undefined || blocks.some(({ kind }) => kind === 'heading')) return blocks;
  const heading: PendingBlock = { kind: 'heading', level: 1, text: label };
  return isSameText(first.text, label) ? [heading, ...blocks.slice(1)] : [heading, ...blocks];
}

function isSameText(text: string, label: string): boolean {
  return text.length < 500 && text.replace(/\s+/g, ' ').trim().toLowerCase() === label.toLowerCase();
}
