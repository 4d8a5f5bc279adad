/**
 * E-mail (RFC 5322 with MIME). First the subject as heading and who wrote to whom and when, then the body: the plain text,
 * or the HTML when there is none worth reading. Attachments are named behind the body; texts and forwarded messages among
 * them are read, other kinds are not. Broken base64 and quoted-printable give what can be decoded of them.
 */
import { load } from 'cheerio/slim';
import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { assembleBlocks, createUnpagedDocument, type PendingBlock } from './assemble-document.js';
import { cleanText, cleanTitle, joinLines } from './clean-text.js';
import { decodeText } from './decode-text.js';
import { findParagraphs } from './find-paragraphs.js';
import { convertHtmlToBlocks } from './html-to-blocks.js';
import type { ParserInput } from './parser.js';
import { createTextBudget, type TextBudget } from './text-budget.js';

/** Messages inside messages that are read; deeper ones are only named. */
const MAX_FORWARDS = 3;
/** Parts of one file, those of forwarded messages included. */
const MAX_PARTS = 1_000;
const MAX_PART_NESTING = 50;
const MAX_HEADER_BYTES = 1024 * 1024;
/** People named in one header line. */
const MAX_ADDRESSES = 100;
/** A plain text shorter than this, with five times as much text in the HTML, only says that there is HTML. */
const SHORT_CHARACTERS = 200;

/** What one file may still use. */
interface MailBudget {
  parts: number;
  text: TextBudget;
}

/**
 * Reads a message. The title is its subject.
 * @throws AppError `corrupt` (no header lines), `inflated_too_large` (too many parts, too much text), `parse_failed`
 */
export async function parseEml(input: ParserInput): Promise<ParsedDocument> {
  const budget = { parts: MAX_PARTS, text: createTextBudget(input.limits) };
  const message = await readMessage(input.bytes, budget);
  const { email } = message;
  if (!email.headers.some(({ key }) => /^(?:from|to|cc|subject|date|message-id|received|content-type)$/.test(key))) {
    throw new AppError('corrupt', 'The e-mail is damaged: its header is missing.');
  }
  const assembled = assembleBlocks(await messageToBlocks(message, 1, budget));
  return createUnpagedDocument(cleanTitle(email.subject), assembled.text, assembled.blocks);
}

/** A message with its text parts; `email.text` and `email.html` are not used where these are known. */
interface Message {
  email: Email;
  bodies: Body[];
}

/** One text of a message: what a reader is shown of it is either of the two. */
interface Body {
  plain: string;
  html: string;
}

/** What postal-mime keeps of each text part, or of each set of alternatives. */
interface KeptText {
  plain?: { value: unknown }[];
  html?: { value: unknown }[];
}

/**
 * postal-mime makes HTML of plain text and plain text of HTML wherever a message has both, and has no switch for that.
 * Its patterns take time with the square of the size (14 s for 300 kB of links that never end), so its texts are taken as
 * they are before it does so; should another version not keep them there, its own `text` and `html` are used.
 */
async function readMessage(bytes: Uint8Array, budget: MailBudget): Promise<Message> {
  budget.parts -= countParts(bytes);
  if (budget.parts < 0) throw new AppError('inflated_too_large', `The e-mail has more than ${MAX_PARTS} parts.`);
  const parser: PostalMime & { textMap?: Map<unknown, KeptText>; renderTextContent?: () => void } = new PostalMime({
    forceRfc822Attachments: true,
    maxNestingDepth: MAX_PART_NESTING,
    maxHeadersSize: MAX_HEADER_BYTES,
  });
  parser.renderTextContent = () => undefined;
  const email = await parser.parse(bytes);
  const kept = [...(parser.textMap?.values() ?? [])];
  const bodies = kept.map(({ plain, html }) => ({ plain: joinTexts(plain), html: joinTexts(html) }));
  return { email, bodies: [{ plain: email.text ?? '', html: email.html ?? '' }, ...bodies] };
}

function joinTexts(texts: readonly { value: unknown }[] = []): string {
  return texts.map(({ value }) => (typeof value === 'string' ? value : '')).join('\n');
}

/** Lines that divide parts, found without taking the message apart: two dashes and a boundary that some header names. */
function countParts(bytes: Uint8Array): number {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const boundaries = new Set<string>();
  for (const [, quoted, plain] of source.matchAll(
    /boundary\s{0,9}=\s{0,9}(?:"([^"\r\n]{1,200})"|([^\s";]{1,200}))/gi,
  )) {
    boundaries.add((quoted ?? plain ?? '').trim());
  }
  let count = 0;
  for (let at = source.indexOf('\n--'); at >= 0; at = source.indexOf('\n--', at + 1)) {
    const lineEnd = source.indexOf('\n', at + 1);
    const line = source.slice(at + 3, Math.min(lineEnd < 0 ? source.length : lineEnd, at + 300)).trim();
    if (boundaries.has(line)) count++;
  }
  return count;
}

/** `depth` is 1 for the file itself. */
async function messageToBlocks({ email, bodies }: Message, depth: number, budget: MailBudget): Promise<PendingBlock[]> {
  const level = Math.min(depth, 6);
  const blocks: PendingBlock[] = [];
  const subject = oneLine(email.subject ?? '');
  if (subject !== '') blocks.push({ kind: 'heading', level, text: subject });
  else if (depth > 1) blocks.push({ kind: 'heading', level, text: 'Forwarded message' });
  blocks.push({ kind: 'paragraph', text: headerLines(email).join('\n') }, ...bodies.flatMap(bodyToBlocks));
  for (const { text } of blocks) budget.text.spend(text.length);
  const attached = email.attachments.filter(
    ({ related, disposition }) => related !== true || disposition === 'attachment',
  );
  if (attached.length > 0) {
    blocks.push({ kind: 'paragraph', text: `Attachments: ${attached.map(nameOf).join(', ')}` });
  }
  for (const attachment of attached) blocks.push(...(await attachmentToBlocks(attachment, depth, budget)));
  return blocks;
}

function headerLines(email: Email): string[] {
  const lines: [name: string, value: string][] = [
    ['From', formatAddresses(email.from === undefined ? [] : [email.from])],
    ['To', formatAddresses(email.to ?? [])],
    ['Cc', formatAddresses(email.cc ?? [])],
    ['Date', oneLine(email.date ?? '').replace(/\.000Z$/, 'Z')],
  ];
  return lines.filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}`);
}

function formatAddresses(addresses: readonly Address[]): string {
  const people = addresses.flatMap((address) => address.group ?? [address]);
  const named = people.slice(0, MAX_ADDRESSES).map(({ name, address }) => {
    if (address === undefined || address === '') return oneLine(name);
    return name === '' ? oneLine(address) : oneLine(`${name} <${address}>`);
  });
  if (people.length > MAX_ADDRESSES) named.push(`and ${people.length - MAX_ADDRESSES} more`);
  return named.filter((entry) => entry !== '').join(', ');
}

function bodyToBlocks(body: Body): PendingBlock[] {
  const plain = textToBlocks(cleanText(body.plain));
  const length = sizeOf(plain);
  if (body.html === '' || length >= SHORT_CHARACTERS) return plain;
  const root = load(body.html).root()[0];
  const html = root === undefined ? [] : convertHtmlToBlocks(root, { skipNavigation: false });
  return length === 0 || sizeOf(html) > 5 * length ? html : plain;
}

function sizeOf(blocks: readonly PendingBlock[]): number {
  return blocks.reduce((sum, { text }) => sum + text.length, 0);
}

/** `text` must be clean. */
function textToBlocks(text: string): PendingBlock[] {
  return findParagraphs(text).map(({ kind, start, end }) => ({ kind, text: text.slice(start, end) }));
}

async function attachmentToBlocks(attachment: Attachment, depth: number, budget: MailBudget): Promise<PendingBlock[]> {
  // Without the option `attachmentEncoding`, content is never a string.
  if (typeof attachment.content === 'string' || attachment.content.byteLength === 0) return [];
  const bytes = new Uint8Array(attachment.content);
  if (attachment.mimeType === 'message/rfc822' && depth <= MAX_FORWARDS) {
    return messageToBlocks(await readMessage(bytes, budget), depth + 1, budget);
  }
  if (attachment.mimeType !== 'text/plain') return [];
  const { text } = decodeText(bytes);
  budget.text.spend(text.length);
  return [{ kind: 'heading', level: Math.min(depth + 1, 6), text: nameOf(attachment) }, ...textToBlocks(text)];
}

/** The file name, or for want of one the media type in brackets. */
function nameOf({ filename, mimeType }: Attachment): string {
  const name = oneLine(filename ?? '');
  return name === '' ? `(${oneLine(mimeType)})` : name;
}

/** At most 1,000 characters of a header's value, on one line. */
function oneLine(value: string): string {
  return joinLines(cleanText(value.slice(0, 1_000)).replace(/\s+/g, ' '));
}
