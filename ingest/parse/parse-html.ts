/** HTML pages: the words a reader sees, without script, style and marked navigation; nothing is loaded or run. */
import { load } from 'cheerio/slim';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { assembleBlocks, createUnpagedDocument } from './assemble-document.js';
import { cleanTitle } from './clean-text.js';
import { decodeText, findDeclaredEncoding } from './decode-text.js';
import { textOf } from './html-text.js';
import { convertHtmlToBlocks } from './html-to-blocks.js';
import type { ParserInput } from './parser.js';
import { type HtmlDocument, isElement, walkHtml } from './walk-html.js';

/**
 * Reads an HTML file in the encoding of its byte order mark, of its own declaration, or the detected one. The title is
 * the `title` element; when the page's text does not say it, it becomes the first heading.
 */
export async function parseHtml(input: ParserInput): Promise<ParsedDocument> {
  const { text: source } = decodeText(input.bytes, findDeclaredEncoding(input.bytes));
  const root = load(source).root()[0];
  if (root === undefined) return createUnpagedDocument(null, '', []);
  const title = cleanTitle(findTitle(root));
  const withoutNavigation = convertHtmlToBlocks(root, { skipNavigation: true });
  const blocks =
    withoutNavigation.length > 0 ? withoutNavigation : convertHtmlToBlocks(root, { skipNavigation: false });
  const assembled = assembleBlocks(blocks);
  if (title === null || assembled.text.trim() === '' || squeeze(assembled.text).includes(squeeze(title))) {
    return createUnpagedDocument(title, assembled.text, assembled.blocks);
  }
  const titled = assembleBlocks([{ kind: 'heading', level: 1, text: title }, ...blocks]);
  return createUnpagedDocument(title, titled.text, titled.blocks);
}

/**
 * Text of the first `title` that belongs to the page (pictures in SVG have titles of their own), or null. Found by a walk,
 * because the selector engine takes quadratic time on deep trees.
 */
function findTitle(root: HtmlDocument): string | null {
  let title: string | null = null;
  walkHtml(root, {
    enter(node) {
      if (title !== null || !isElement(node) || node.name === 'svg') return false;
      if (node.name === 'title') title = textOf(node, { keepSpace: false });
      return true;
    },
  });
  return title;
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').toLowerCase();
}
