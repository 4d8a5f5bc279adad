/**
 * A reader of XML that builds no tree: sheets hold millions of cells, and a tree of them takes ten times their size.
 * For parts without a document type declaration (see read-xml-part.ts), so that the only entities are the five of XML
 * itself. Time is linear in the text, whatever it holds.
 */
import { AppError } from '../../src/domain/errors.js';
import { cleanText } from './clean-text.js';

/** What is met, in order. Names keep their prefix. */
export interface XmlHandler {
  /** `attributes` is their source; see {@link readAttribute}. */
  open(name: string, attributes: string): void;
  /** Also called for elements that close themselves. */
  close(name: string): void;
  /** Character data inside the root element, decoded and clean; one text may come in pieces. */
  text(data: string): void;
}

/** Office files nest some dozen elements; trees built by others take quadratic time in the depth. */
const MAX_DEPTH = 5_000;

/**
 * Reads a whole part.
 * @throws AppError `corrupt` when it holds no element, or one that is not closed; `parse_failed` when elements are nested
 *         more than 5,000 deep
 */
export function scanXml(xml: string, handler: XmlHandler): void {
  let depth = 0;
  let elements = 0;
  let at = 0;
  while (at < xml.length) {
    const tag = xml.indexOf('<', at);
    const textEnd = tag < 0 ? xml.length : tag;
    if (textEnd > at && depth > 0) handler.text(decodeEntities(xml.slice(at, textEnd)));
    if (tag < 0) break;
    const mark = xml.charCodeAt(tag + 1);
    if (mark === EXCLAMATION || mark === QUESTION) {
      at = readDeclaration(xml, tag, handler);
      continue;
    }
    const end = findTagEnd(xml, tag + 1);
    if (mark === SLASH) {
      depth--;
      handler.close(xml.slice(tag + 2, end).trimEnd());
    } else {
      elements++;
      if (!openElement(xml, { start: tag + 1, end }, handler)) depth++;
      if (depth > MAX_DEPTH) throw new AppError('parse_failed', 'The file is nested too deeply to be read.');
    }
    at = end + 1;
  }
  if (depth !== 0 || elements === 0) throw damagedPart();
}

const EXCLAMATION = 0x21;
const QUESTION = 0x3f;
const SLASH = 0x2f;

/** The error for a part that is no XML, or lacks what its kind must have. */
export function damagedPart(): AppError {
  return new AppError('corrupt', 'The file is damaged: one of its parts is not as its format says.');
}

/** Comments, instructions and CDATA; gives where the text goes on. */
function readDeclaration(xml: string, tag: number, handler: XmlHandler): number {
  const isData = xml.startsWith('<![CDATA[', tag);
  const closing = isData ? ']]>' : xml.startsWith('<!--', tag) ? '-->' : xml.startsWith('<?', tag) ? '?>' : '>';
  const end = xml.indexOf(closing, tag + 2);
  if (end < 0) throw damagedPart();
  if (isData) handler.text(xml.slice(tag + 9, end));
  return end + closing.length;
}

/** True when the element closes itself. */
function openElement(xml: string, tag: { start: number; end: number }, handler: XmlHandler): boolean {
  const isClosed = xml.charCodeAt(tag.end - 1) === SLASH;
  const end = isClosed ? tag.end - 1 : tag.end;
  let nameEnd = tag.start;
  while (nameEnd < end && xml.charCodeAt(nameEnd) > 0x20) nameEnd++;
  const name = xml.slice(tag.start, nameEnd);
  handler.open(name, xml.slice(nameEnd, end));
  if (isClosed) handler.close(name);
  return isClosed;
}

/** The `>` that ends a tag: not one inside quotes. */
function findTagEnd(xml: string, start: number): number {
  let at = start;
  let close = xml.indexOf('>', at);
  while (close >= 0) {
    while (at < close && xml[at] !== '"' && xml[at] !== "'") at++;
    if (at >= close) return close;
    const quoteEnd = xml.indexOf(xml[at] ?? '"', at + 1);
    if (quoteEnd < 0) break;
    at = quoteEnd + 1;
    if (close < at) close = xml.indexOf('>', at);
  }
  throw damagedPart();
}

/** The value of the attribute with exactly this name, decoded and clean. */
export function readAttribute(attributes: string, name: string): string | undefined {
  let at = 0;
  for (;;) {
    const equals = attributes.indexOf('=', at);
    if (equals < 0) return undefined;
    let open = equals + 1;
    while (open < attributes.length && attributes.charCodeAt(open) <= 0x20) open++;
    const quote = attributes[open];
    if (quote !== '"' && quote !== "'") return undefined;
    const end = attributes.indexOf(quote, open + 1);
    if (end < 0) return undefined;
    if (attributes.slice(at, equals).trim() === name) return decodeEntities(attributes.slice(open + 1, end));
    at = end + 1;
  }
}

/** All attributes of a tag in order, decoded and clean; what is no attribute ends the list. */
export function readAttributes(attributes: string): { name: string; value: string }[] {
  const found: { name: string; value: string }[] = [];
  let at = 0;
  for (;;) {
    const equals = attributes.indexOf('=', at);
    if (equals < 0) return found;
    let open = equals + 1;
    while (open < attributes.length && attributes.charCodeAt(open) <= 0x20) open++;
    const quote = attributes[open];
    const end = quote === '"' || quote === "'" ? attributes.indexOf(quote, open + 1) : -1;
    if (end < 0) return found;
    found.push({ name: attributes.slice(at, equals).trim(), value: decodeEntities(attributes.slice(open + 1, end)) });
    at = end + 1;
  }
}

const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  const decoded = text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi, (_match, ...groups) => {
    const [hex, decimal, named] = groups as (string | undefined)[];
    if (named !== undefined) return NAMED[named.toLowerCase()] ?? '';
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0x10ffff ? '' : String.fromCodePoint(code);
  });
  return cleanText(decoded);
}
