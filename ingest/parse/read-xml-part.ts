/** XML parts of office packages, read from an archive within its limits. Nothing outside the archive is ever read. */
import { load } from 'cheerio/slim';
import { AppError } from '../../src/domain/errors.js';
import { decodeText } from './decode-text.js';
import type { Archive } from './open-archive.js';
import { damagedPart, scanXml } from './scan-xml.js';
import { type HtmlDocument, type HtmlElement, type HtmlNode, isElement } from './walk-html.js';

/**
 * The text of an XML part. OOXML forbids document type declarations (ECMA-376 part 2, 6.2.5) and OpenDocument has no use
 * for them; expanding entities need one.
 * @throws AppError `entity_expansion` (the part has such a declaration), and as `Archive.read` says
 */
export function readXmlPart(archive: Archive, name: string): string {
  const { text } = decodeText(archive.read(name), 'utf-8');
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    throw new AppError('entity_expansion', 'The file declares entities, which no office file needs.');
  }
  return text;
}

/**
 * An XML part as a tree. Names of elements keep their prefix. Text is not clean where character references stand for
 * control characters.
 * @throws AppError as {@link scanXml} says, which looks at the nesting first, and as {@link readXmlPart} says
 */
export function readXmlTree(archive: Archive, name: string): HtmlDocument {
  const xml = readXmlPart(archive, name);
  scanXml(xml, { open: ignore, close: ignore, text: ignore });
  const root = load(xml, { xml: true }).root()[0];
  if (root === undefined) throw damagedPart();
  return root;
}

function ignore(): void {}

/** A name without its prefix: generators are free to choose prefixes, and some do. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The elements directly under `parent`. */
export function childElements(parent: HtmlDocument | HtmlElement): HtmlElement[] {
  return parent.children.filter((node: HtmlNode): node is HtmlElement => isElement(node));
}

/** An attribute by its name without prefix (`id` finds `r:id`, but the name without prefix comes first). */
export function attributeOf(element: HtmlElement, name: string): string | undefined {
  const plain = element.attribs[name];
  if (plain !== undefined) return plain;
  const key = Object.keys(element.attribs).find((candidate) => candidate.endsWith(`:${name}`));
  return key === undefined ? undefined : element.attribs[key];
}
