/**
 * Word files (.docx): mammoth turns them into HTML, footnotes, endnotes and comments included, and the HTML converter
 * makes blocks of that. We unpack the parts ourselves, within limits, and refuse document type declarations; pictures
 * and everything outside the file are never read.
 */
import { load } from 'cheerio/slim';
import mammoth from 'mammoth';
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { assembleBlocks, createUnpagedDocument } from './assemble-document.js';
import { cleanTitle } from './clean-text.js';
import { convertHtmlToBlocks } from './html-to-blocks.js';
import { readOoxmlTitle } from './ooxml-package.js';
import { type Archive, openArchive } from './open-archive.js';
import type { ParserInput } from './parser.js';
import { readXmlPart } from './read-xml-part.js';

/** On top of mammoth's own map: titles are headings, comments are kept. */
const STYLE_MAP = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='Subtitle'] => h2:fresh",
  'comment-reference => sup.comment-mark',
];

type MammothInput = Parameters<typeof mammoth.convertToHtml>[0];

/**
 * Reads a Word file. The title is the one in its properties, or its first heading of level 1.
 * @throws AppError `corrupt`, `entity_expansion`, `inflated_too_large`, `password_required`, `parse_failed`
 */
export async function parseDocx(input: ParserInput): Promise<ParsedDocument> {
  const archive = openArchive(input.bytes, input.limits);
  const html = await convertToHtml(archive);
  const document = load(html);
  // Marks that stand for comments, and the arrows that lead back to the text, are not words of the document.
  document('sup.comment-mark, a[href^="#footnote-ref-"], a[href^="#endnote-ref-"], a[href^="#comment-ref-"]').remove();
  const root = document.root()[0];
  const blocks = root === undefined ? [] : convertHtmlToBlocks(root, { skipNavigation: false });
  const heading = blocks.find((block) => block.kind === 'heading' && block.level === 1);
  const title = readOoxmlTitle(archive) ?? cleanTitle(heading?.text);
  const assembled = assembleBlocks(blocks);
  return createUnpagedDocument(title, assembled.text, assembled.blocks);
}

async function convertToHtml(archive: Archive): Promise<string> {
  try {
    const { value } = await mammoth.convertToHtml(asMammothFile(archive), {
      styleMap: STYLE_MAP,
      convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
    });
    return value;
  } catch (error) {
    if (error instanceof AppError || error instanceof RangeError) throw error;
    throw new AppError('corrupt', 'The Word file is damaged.', { cause: error });
  }
}

/**
 * mammoth takes an opened archive as `file` (lib/unzip.js), which its types leave out: with it, no byte is inflated
 * behind our limits.
 */
function asMammothFile(archive: Archive): MammothInput {
  const file = {
    exists: archive.has,
    read: async (name: string, encoding?: string) =>
      encoding === undefined ? archive.read(name) : readXmlPart(archive, name),
  };
  return { file } as unknown as MammothInput;
}
