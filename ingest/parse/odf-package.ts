/** What OpenDocument files have in common: encryption, properties, styles (OpenDocument 1.3, parts 2 and 3). */
import { AppError } from '../../src/domain/errors.js';
import { cleanTitle } from './clean-text.js';
import { decodeText } from './decode-text.js';
import { tolerateDamage } from './ooxml-package.js';
import { type Archive, openArchive } from './open-archive.js';
import type { ParserInput } from './parser.js';
import { childElements, readXmlTree } from './read-xml-part.js';
import { type HtmlDocument, type HtmlElement, isElement, walkHtml } from './walk-html.js';

const MANIFEST = 'META-INF/manifest.xml';

/** Name of the part that holds the text. */
export const CONTENT = 'content.xml';

/**
 * Opens an OpenDocument file.
 * @throws AppError `password_required` when any part is encrypted, `corrupt`, `inflated_too_large`
 */
export function openOdf(input: ParserInput): Archive {
  const archive = openArchive(input.bytes, input.limits);
  // Searched, not parsed: the manifests of the first OpenOffice versions declare a document type.
  const manifest = archive.has(MANIFEST) ? decodeText(archive.read(MANIFEST), 'utf-8').text : '';
  if (/<(?:\w{1,40}:)?encryption-data[\s>/]/.test(manifest)) {
    throw new AppError('password_required', 'The file is protected by a password.');
  }
  if (!archive.has(CONTENT)) throw new AppError('corrupt', 'The file is damaged: its main part is missing.');
  return archive;
}

/** The title in the file's properties, made fit to be shown; null without. */
export function readOdfTitle(archive: Archive): string | null {
  const root = archive.has('meta.xml') ? tolerateDamage(() => readXmlTree(archive, 'meta.xml')) : null;
  if (root === null) return null;
  let title: string | null = null;
  walkHtml(root, {
    enter(node) {
      if (isElement(node) && node.name === 'dc:title' && node.firstChild?.type === 'text') {
        title ??= cleanTitle(node.firstChild.data);
      }
      return true;
    },
  });
  return title;
}

/** What the names of styles mean for text. */
export interface OdfStyles {
  isSuperscript(style: string | undefined): boolean;
  /** 1 for titles, 2 for subtitles, null for all other paragraphs. */
  titleLevel(style: string | undefined): 1 | 2 | null;
  /** `level` counts nested lists from 1. */
  isNumbered(listStyle: string | undefined, level: number): boolean;
}

/** Longest chain of styles that derive from each other; a file may make a ring of them. */
const MAX_ANCESTORS = 20;

/** Styles of the text itself and of `styles.xml`. */
export function readOdfStyles(archive: Archive, content: HtmlDocument): OdfStyles {
  const parents = new Map<string, string>();
  const superscripts = new Set<string>();
  const numbered = new Map<string, Set<number>>();
  const shared = archive.has('styles.xml') ? tolerateDamage(() => readXmlTree(archive, 'styles.xml')) : null;
  const visit = (root: HtmlDocument) =>
    walkHtml(root, {
      enter(node) {
        if (!isElement(node) || node.name === 'office:body' || node.name === 'office:master-styles') return false;
        const name = node.attribs['style:name'];
        if (name === undefined) return true;
        if (node.name === 'text:list-style') numbered.set(name, numberedLevels(node));
        if (node.name !== 'style:style') return node.name !== 'text:list-style';
        const parent = node.attribs['style:parent-style-name'];
        if (parent !== undefined) parents.set(name, parent);
        if (isRaised(node)) superscripts.add(name);
        return false;
      },
    });
  if (shared !== null) visit(shared);
  visit(content);
  return {
    isSuperscript: (style) => style !== undefined && superscripts.has(style),
    titleLevel(style) {
      let current = style;
      for (let step = 0; step < MAX_ANCESTORS && current !== undefined; step++) {
        if (current === 'Title') return 1;
        if (current === 'Subtitle') return 2;
        current = parents.get(current);
      }
      return null;
    },
    isNumbered: (style, level) => style !== undefined && numbered.get(style)?.has(level) === true,
  };
}

function numberedLevels(style: HtmlElement): Set<number> {
  const numbers = childElements(style).filter(
    ({ name, attribs }) => name === 'text:list-level-style-number' && (attribs['style:num-format'] ?? '') !== '',
  );
  return new Set(numbers.map(({ attribs }) => Number(attribs['text:level'])));
}

function isRaised(style: HtmlElement): boolean {
  return childElements(style).some(({ attribs }) => /^(?:super|[1-9])/.test(attribs['style:text-position'] ?? ''));
}

/** How often a cell or row is repeated, as an attribute says it: 1 to `most`. */
export function readRepeat(value: string | undefined, most: number): number {
  const count = Number.parseInt(value ?? '1', 10);
  return Math.min(Math.max(1, count || 1), most);
}
