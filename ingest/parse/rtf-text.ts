/** Text of RTF: code pages, fonts that bring their own, and the control words that stand for a character. */
import iconv from 'iconv-lite';

const DEFAULT_ENCODING = 'windows-1252';

/** `\fcharsetN` -> code page (RTF Specification 1.9.1, "Font Table"). 0 and 1 mean the code page of the file. */
const CHARSET_CODE_PAGES: Record<number, number> = {
  77: 10000,
  128: 932,
  129: 949,
  130: 949,
  134: 936,
  136: 950,
  161: 1253,
  162: 1254,
  163: 1258,
  177: 1255,
  178: 1256,
  186: 1257,
  204: 1251,
  222: 874,
  238: 1250,
  254: 437,
  255: 850,
};

/** Control words and symbols that are characters. */
const CHARACTERS: Record<string, string> = {
  tab: '\t',
  emdash: '\u2014',
  endash: '\u2013',
  lquote: '\u2018',
  rquote: '\u2019',
  ldblquote: '\u201C',
  rdblquote: '\u201D',
  bullet: '\u2022',
  emspace: ' ',
  enspace: ' ',
  qmspace: ' ',
  zwj: '\u200D',
  zwnj: '\u200C',
  line: '\n',
  lbr: '\n',
  softline: '\n',
  '~': '\u00A0',
  _: '\u2011',
  '{': '{',
  '}': '}',
  '\\': '\\',
};

/** The character that a control word or symbol stands for. */
export function rtfCharacter(name: string): string | undefined {
  return Object.hasOwn(CHARACTERS, name) ? CHARACTERS[name] : undefined;
}

/** The name of the decoder for a code page; that of Western Windows for unknown ones. */
export function encodingOfCodePage(codePage: number): string {
  if (codePage === 65001) return 'utf-8';
  if (codePage === 10000) return 'macroman';
  const name = `cp${codePage}`;
  return iconv.encodingExists(name) ? name : DEFAULT_ENCODING;
}

/** The code pages that the file and its fonts name. */
export interface RtfFonts {
  setFileCodePage(codePage: number): void;
  setDefaultFont(font: number): void;
  setFontCharset(font: number, charset: number): void;
  /** null: the font of the file. */
  encodingOf(font: number | null): string;
}

/** Fonts of a file that has not named any. */
export function createRtfFonts(): RtfFonts {
  let fileEncoding = DEFAULT_ENCODING;
  let defaultFont: number | null = null;
  const encodings = new Map<number, string>();
  return {
    setFileCodePage(codePage) {
      fileEncoding = encodingOfCodePage(codePage);
    },
    setDefaultFont(font) {
      defaultFont = font;
    },
    setFontCharset(font, charset) {
      const codePage = CHARSET_CODE_PAGES[charset];
      if (codePage !== undefined) encodings.set(font, encodingOfCodePage(codePage));
    },
    encodingOf(font) {
      const chosen = font ?? defaultFont;
      return (chosen === null ? undefined : encodings.get(chosen)) ?? fileEncoding;
    },
  };
}

/** Gathers text from bytes in changing code pages and from characters. */
export interface RtfTextBuffer {
  addByte(byte: number, encoding: string): void;
  addBytes(bytes: Uint8Array, encoding: string): void;
  addText(text: string): void;
  /** All of it, and begins anew. */
  take(): string;
}

/** An empty buffer. Bytes that follow each other in one code page are decoded together: characters may have two. */
export function createRtfTextBuffer(): RtfTextBuffer {
  let parts: string[] = [];
  let pending: number[] = [];
  let pendingEncoding = DEFAULT_ENCODING;
  const flush = () => {
    if (pending.length > 0) parts.push(iconv.decode(Buffer.from(pending), pendingEncoding));
    pending = [];
  };
  const choose = (encoding: string) => {
    if (encoding === pendingEncoding) return;
    flush();
    pendingEncoding = encoding;
  };
  return {
    addByte(byte, encoding) {
      choose(encoding);
      pending.push(byte);
    },
    addBytes(bytes, encoding) {
      choose(encoding);
      for (const byte of bytes) pending.push(byte);
    },
    addText(text) {
      flush();
      parts.push(text);
    },
    take() {
      flush();
      const text = parts.join('');
      parts = [];
      return text;
    },
  };
}
