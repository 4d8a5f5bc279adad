/** The inside of an EPUB book: its package document, reading order, table of contents and protection (EPUB 3.3, OCF). */
import { load } from 'cheerio/slim';
import { AppError } from '../../src/domain/errors.js';
import { cleanTitle } from './clean-text.js';
import { decodeText, findDeclaredEncoding } from './decode-text.js';
import { textOf } from './html-text.js';
import { resolveTarget, tolerateDamage } from './ooxml-package.js';
import type { Archive } from './open-archive.js';
import { localName } from './read-xml-part.js';
import { type HtmlDocument, type HtmlElement, isElement, walkHtml } from './walk-html.js';

/** What a book says about itself. */
export interface EpubPackage {
  title: string | null;
  /** Names of the archive's parts that are read, in reading order; the table of contents is not among them. */
  chapters: string[];
  /** Part -> the first entry of the table of contents that leads to it. */
  labels: Map<string, string>;
}

interface Item {
  path: string;
  mediaType: string;
  isNavigation: boolean;
}

const CONTAINER = 'META-INF/container.xml';
const ENCRYPTION = 'META-INF/encryption.xml';
/** These only hide fonts from other programs (EPUB 3.3, 4.4); the text is open. */
const FONT_OBFUSCATION = new Set(['http://www.idpf.org/2008/embedding', 'http://ns.adobe.com/pdf/enc#RC']);
const CHAPTER_TYPES = new Set(['application/xhtml+xml', 'text/html', 'text/x-oeb1-document']);

/**
 * Reads the package document of a book.
 * @throws AppError `corrupt` (a part is missing), `password_required` (the text is encrypted), `entity_expansion`
 */
export function readEpubPackage(archive: Archive): EpubPackage {
  refuseEncryption(archive);
  const packagePath = findPackage(archive);
  const root = readTree(archive, packagePath);
  const folder = folderOf(packagePath);
  const items = new Map<string, Item>();
  for (const { attribs } of elementsNamed(root, 'item')) {
    if (attribs.id === undefined || attribs.href === undefined) continue;
    items.set(attribs.id, {
      path: resolveHref(folder, attribs.href),
      mediaType: attribs['media-type']?.toLowerCase() ?? '',
      isNavigation: attribs.properties?.split(/\s+/).includes('nav') === true,
    });
  }
  const order = elementsNamed(root, 'itemref').map(({ attribs }) => items.get(attribs.idref ?? ''));
  const chapters = order.filter(
    (item) => item !== undefined && CHAPTER_TYPES.has(item.mediaType) && !item.isNavigation,
  );
  const paths = [...new Set(chapters.map((item) => item?.path ?? ''))];
  const title = elementsNamed(root, 'title').find(({ name }) => name.includes(':') || name === 'title');
  return {
    title: title === undefined ? null : cleanTitle(textOf(title, { keepSpace: false })),
    chapters: paths,
    labels: readLabels(archive, [...items.values()]),
  };
}

/** Where the package document is: what the container says, or for want of one that can be read the only `.opf`. */
function findPackage(archive: Archive): string {
  const root = readTree(archive, CONTAINER);
  const paths = elementsNamed(root, 'rootfile').map(({ attribs }) => resolveHref('', attribs['full-path'] ?? ''));
  const found = paths.find((path) => archive.has(path));
  if (found === undefined) throw new AppError('corrupt', 'The book is damaged: its list of contents is missing.');
  return found;
}

function refuseEncryption(archive: Archive): void {
  if (!archive.has(ENCRYPTION)) return;
  const root = readTree(archive, ENCRYPTION);
  for (const data of elementsNamed(root, 'EncryptedData')) {
    const algorithm = elementsNamed(data, 'EncryptionMethod')[0]?.attribs.Algorithm ?? '';
    if (!FONT_OBFUSCATION.has(algorithm)) {
      throw new AppError('password_required', 'The book is protected against copying; its text is encrypted.');
    }
  }
}

/** The table of contents: the navigation document of EPUB 3, else the NCX of EPUB 2. A damaged one counts as none. */
function readLabels(archive: Archive, items: readonly Item[]): Map<string, string> {
  const navigation = items.find((item) => item.isNavigation);
  const ncx = items.find((item) => item.mediaType === 'application/x-dtbncx+xml');
  const labels = new Map<string, string>();
  const add = (base: string, href: string | undefined, label: string) => {
    const path = href === undefined ? '' : resolveHref(folderOf(base), href);
    if (path !== '' && label !== '' && !labels.has(path)) labels.set(path, label);
  };
  tolerateDamage(() => {
    if (navigation === undefined || !archive.has(navigation.path)) return;
    for (const link of elementsNamed(readTree(archive, navigation.path), 'a')) {
      add(navigation.path, link.attribs.href, textOf(link, { keepSpace: false }));
    }
  });
  tolerateDamage(() => {
    if (labels.size > 0 || ncx === undefined || !archive.has(ncx.path)) return;
    let label = '';
    for (const element of elementsNamed(readTree(archive, ncx.path), 'text', 'content')) {
      if (localName(element.name) === 'text') label = textOf(element, { keepSpace: false });
      else add(ncx.path, element.attribs.src, label);
    }
  });
  return labels;
}

/**
 * The text of a part. Old books name the document types of HTML and of their own formats, which is harmless: nobody
 * loads them. Entities of their own are refused.
 * @throws AppError `entity_expansion`, and as `Archive.read` says
 */
export function readEpubPart(archive: Archive, path: string): string {
  const bytes = archive.read(path);
  const { text } = decodeText(bytes, findDeclaredEncoding(bytes));
  if (/<!ENTITY/i.test(text)) throw new AppError('entity_expansion', 'The book declares entities, which it must not.');
  return text;
}

function readTree(archive: Archive, path: string): HtmlDocument {
  const root = load(readEpubPart(archive, path), { xml: true }).root()[0];
  if (root === undefined) throw new AppError('corrupt', 'The book is damaged: one of its parts is no XML.');
  return root;
}

/** Elements with one of these names, whatever their prefix, in document order. */
function elementsNamed(root: HtmlDocument | HtmlElement, ...names: string[]): HtmlElement[] {
  const found: HtmlElement[] = [];
  walkHtml(root, {
    enter(node) {
      if (!isElement(node)) return false;
      if (names.includes(localName(node.name))) found.push(node);
      return true;
    },
  });
  return found;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** The part that a link inside the book leads to, its fragment left out; names are keys, never paths on disk. */
function resolveHref(folder: string, href: string): string {
  const path = href.split('#', 1)[0] ?? '';
  if (path === '') return '';
  try {
    return resolveTarget(folder, decodeURIComponent(path));
  } catch {
    return resolveTarget(folder, path);
  }
}
