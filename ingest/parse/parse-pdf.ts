/**
 * PDF files, page by page, with pdf-parse (pdf.js). Text comes in the order in which the file draws it. A page that
 * cannot be read fails alone. Scripts, forms and attachments in the file are not run; fonts and character maps that the
 * file lacks come from the installed pdf.js, never from the network.
 */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { PDFParse } from 'pdf-parse';
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument, ParsedPage } from '../../src/domain/parsed-document.js';
import { cleanText, cleanTitle } from './clean-text.js';
import { findPdfBlocks } from './find-pdf-blocks.js';
import { type ParserInput, tooMuchText } from './parser.js';

/** Pages per call: few enough for steady progress, many enough to cost nothing. */
const SLICE_PAGES = 8;

const EMPTY_REASON = 'The page holds no text: it is blank or a picture.';
const FAILED_REASON = 'The page is damaged and could not be read.';

const PDFJS_FOLDER = findPdfjsFolder();

/**
 * Reads a PDF file. Files that are encrypted with an empty password open as in any reader.
 * @throws AppError `password_required`, `corrupt`, `no_pages`, `inflated_too_large`
 */
export async function parsePdf(input: ParserInput): Promise<ParsedDocument> {
  const pdf = new PDFParse({
    data: input.bytes,
    verbosity: 0,
    isEvalSupported: false,
    useSystemFonts: false,
    cMapUrl: join(PDFJS_FOLDER, 'cmaps') + sep,
    cMapPacked: true,
    standardFontDataUrl: join(PDFJS_FOLDER, 'standard_fonts') + sep,
  });
  try {
    const { total, title, labels } = await openPdf(pdf);
    if (total === 0) throw new AppError('no_pages', 'The PDF has no pages.');
    const pages = await readPages(pdf, total, input);
    if (pages.every((page) => page.status === 'failed')) throw corrupt();
    for (const page of pages) page.label = labels?.[page.number - 1] ?? null;
    return { title, paged: true, pages };
  } finally {
    await pdf.destroy();
  }
}

function findPdfjsFolder(): string {
  // pdf.js is pdf-parse's dependency, so it is looked up from there.
  const pdfParse = createRequire(import.meta.url).resolve('pdf-parse');
  return dirname(createRequire(pdfParse).resolve('pdfjs-dist/package.json'));
}

interface PdfFacts {
  total: number;
  title: string | null;
  labels: string[] | null;
}

async function openPdf(pdf: PDFParse): Promise<PdfFacts> {
  try {
    const info = await pdf.getInfo();
    const properties: unknown = info.info;
    const title = typeof properties === 'object' && properties !== null ? Reflect.get(properties, 'Title') : null;
    return { total: info.total, title: cleanTitle(title), labels: await readLabels(pdf) };
  } catch (error) {
    throw asOpenError(error);
  }
}

function asOpenError(error: unknown): AppError {
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasswordException') {
    return new AppError('password_required', 'The PDF is protected by a password.', { cause: error });
  }
  return new AppError('corrupt', 'The PDF is damaged and could not be opened.', { cause: error });
}

/**
 * The printed page labels, or null. Asked of pdf.js itself, because pdf-parse 2.4.5 gives every page the label of the
 * next one.
 */
async function readLabels(pdf: PDFParse): Promise<string[] | null> {
  const document: unknown = Reflect.get(pdf, 'doc');
  if (!hasPageLabels(document)) return null;
  try {
    const labels = await document.getPageLabels();
    return labels?.map((label) => cleanText(label).trim().slice(0, 40)) ?? null;
  } catch {
    return null;
  }
}

function hasPageLabels(value: unknown): value is { getPageLabels(): Promise<string[] | null> } {
  return typeof value === 'object' && value !== null && 'getPageLabels' in value;
}

async function readPages(pdf: PDFParse, total: number, input: ParserInput): Promise<ParsedPage[]> {
  const pages: ParsedPage[] = [];
  let characters = 0;
  for (let first = 1; first <= total; first += SLICE_PAGES) {
    const numbers = Array.from({ length: Math.min(SLICE_PAGES, total - first + 1) }, (_, index) => first + index);
    for (const page of await readSlice(pdf, numbers)) {
      characters += page.text.length;
      pages.push(page);
    }
    if (characters > input.limits.maxCharacters) throw tooMuchText();
    input.reportProgress?.(pages.length, total);
  }
  return pages;
}

/** The slice in one call; when that throws, page by page, so that only the broken ones fail. */
async function readSlice(pdf: PDFParse, numbers: number[]): Promise<ParsedPage[]> {
  try {
    return await readTexts(pdf, numbers);
  } catch {
    const pages: ParsedPage[] = [];
    for (const number of numbers) {
      const [page] = await readTexts(pdf, [number]).catch(() => [failedPage(number)]);
      pages.push(page ?? failedPage(number));
    }
    return pages;
  }
}

async function readTexts(pdf: PDFParse, numbers: number[]): Promise<ParsedPage[]> {
  const { pages } = await pdf.getText({ partial: numbers, pageJoiner: '' });
  const rightToLeft = pages.filter((page) => isRightToLeft(page.text)).map((page) => page.num);
  // A cell separator follows every jump to the right, which right-to-left text does at each word, or within one.
  const again =
    rightToLeft.length === 0 ? null : await pdf.getText({ partial: rightToLeft, pageJoiner: '', cellSeparator: '' });
  const plain = new Map(again?.pages.map((page) => [page.num, page.text]));
  return pages.map((page) => toPage(page.num, plain.get(page.num) ?? page.text));
}

/** More than a quarter of the letters are Hebrew, Arabic or their relatives. */
function isRightToLeft(text: string): boolean {
  const rightToLeft = text.match(/[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/g)?.length ?? 0;
  return rightToLeft > text.length / 4;
}

function toPage(number: number, raw: string): ParsedPage {
  const text = cleanText(raw).trim();
  if (text === '') return { number, label: null, status: 'empty', reason: EMPTY_REASON, text: '', blocks: [] };
  return { number, label: null, status: 'text', reason: null, text, blocks: findPdfBlocks(text) };
}

function failedPage(number: number): ParsedPage {
  return { number, label: null, status: 'failed', reason: FAILED_REASON, text: '', blocks: [] };
}

function corrupt(): AppError {
  return new AppError('corrupt', 'None of the pages of the PDF could be read.');
}
