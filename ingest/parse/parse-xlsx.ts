/**
 * Excel workbooks (.xlsx and its templates and macro variants): a page per sheet, in the order of the tabs, hidden ones
 * included. Values are those the file stores; nothing is computed, no macro, link or query is followed.
 */
import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument, ParsedPage } from '../../src/domain/parsed-document.js';
import { cleanText } from './clean-text.js';
import { findMainPart, followList, readOoxmlTitle, readRelationships, tolerateDamage } from './ooxml-package.js';
import { type Archive, openArchive } from './open-archive.js';
import type { ParserInput } from './parser.js';
import { attributeOf, localName, readXmlPart, readXmlTree } from './read-xml-part.js';
import { readAttribute, scanXml } from './scan-xml.js';
import { type CellComment, createSheetPage } from './sheet-page.js';
import { createTextBudget, type TextBudget } from './text-budget.js';
import { type HtmlDocument, type HtmlElement, isElement, walkHtml } from './walk-html.js';
import { readNumberKinds } from './xlsx-formats.js';
import { decodeEscapes, scanSheet, type WorkbookFacts } from './xlsx-sheet.js';

/**
 * Reads a workbook. A sheet that is damaged or missing fails alone.
 * @throws AppError `corrupt`, `no_pages`, `entity_expansion`, `inflated_too_large`, `password_required`
 */
export async function parseXlsx(input: ParserInput): Promise<ParsedDocument> {
  const archive = openArchive(input.bytes, input.limits);
  const main = findMainPart(archive, 'xl/workbook.xml');
  const relationships = readRelationships(archive, main);
  const { sheets, is1904 } = readWorkbook(readXmlTree(archive, main));
  const targets = followList(sheets, relationships, input.limits.maxArchiveEntries);
  const partOf = (kind: string) => relationships.find(({ type }) => type === kind)?.target;
  const facts: WorkbookFacts = {
    sharedStrings: readSharedStrings(archive, partOf('sharedStrings')),
    numberKinds: readNumberKinds(readStyles(archive, partOf('styles'))),
    is1904,
  };
  const budget = createTextBudget(input.limits);
  const pages = sheets.map((sheet, index) => {
    const name = cleanText(attributeOf(sheet, 'name') ?? '').trim() || `Sheet ${index + 1}`;
    const page = readSheet(archive, { number: index + 1, name, part: targets[index] ?? null }, facts, budget);
    input.reportProgress?.(index + 1, sheets.length);
    return page;
  });
  if (pages.every(({ status }) => status === 'failed')) {
    throw new AppError('corrupt', 'None of the sheets of the workbook could be read.');
  }
  return { title: readOoxmlTitle(archive), paged: true, pages };
}

function readWorkbook(root: HtmlDocument): { sheets: HtmlElement[]; is1904: boolean } {
  const sheets: HtmlElement[] = [];
  let is1904 = false;
  walkHtml(root, {
    enter(node) {
      if (!isElement(node)) return false;
      const name = localName(node.name);
      if (name === 'sheet') sheets.push(node);
      if (name === 'workbookPr') is1904 = /^(?:1|true|on)$/.test(node.attribs.date1904 ?? '');
      return true;
    },
  });
  return { sheets, is1904 };
}

function readStyles(archive: Archive, part: string | undefined): HtmlDocument | null {
  return part === undefined ? null : tolerateDamage(() => readXmlTree(archive, part));
}

/** Strings that cells name by number. What is told about their pronunciation is left out. */
function readSharedStrings(archive: Archive, part: string | undefined): string[] {
  if (part === undefined || !archive.has(part)) return [];
  const strings: string[] = [];
  let text = '';
  let isText = false;
  let isPhonetic = false;
  scanXml(readXmlPart(archive, part), {
    open(prefixed) {
      const name = localName(prefixed);
      if (name === 'si') text = '';
      else if (name === 'rPh') isPhonetic = true;
      else if (name === 't') isText = !isPhonetic;
    },
    close(prefixed) {
      const name = localName(prefixed);
      if (name === 'si') strings.push(decodeEscapes(text));
      else if (name === 'rPh') isPhonetic = false;
      else if (name === 't') isText = false;
    },
    text(data) {
      if (isText) text += data;
    },
  });
  return strings;
}

interface SheetPlace {
  number: number;
  name: string;
  /** Name of its part, null when the workbook does not say. */
  part: string | null;
}

function readSheet(
  archive: Archive,
  { number, name, part }: SheetPlace,
  facts: WorkbookFacts,
  budget: TextBudget,
): ParsedPage {
  const rows = part === null ? null : tolerateDamage(() => scanSheet(readXmlPart(archive, part), facts, budget));
  if (part === null || rows === null) {
    const reason = 'The sheet is damaged or missing and could not be read.';
    return { number, label: name.slice(0, 100), status: 'failed', reason, text: '', blocks: [] };
  }
  return createSheetPage({ number, name, rows, comments: readComments(archive, part, budget) }, budget);
}

/** Remarks on cells (ECMA-376 part 1, 18.7), in file order. */
function readComments(archive: Archive, sheetPart: string, budget: TextBudget): CellComment[] {
  const part = readRelationships(archive, sheetPart).find(({ type }) => type === 'comments')?.target;
  const comments: CellComment[] = [];
  if (part === undefined) return comments;
  let where = '';
  let text = '';
  let isText = false;
  const xml = tolerateDamage(() => readXmlPart(archive, part));
  if (xml === null) return comments;
  tolerateDamage(() =>
    scanXml(xml, {
      open(prefixed, attributes) {
        const name = localName(prefixed);
        if (name === 't') isText = true;
        if (name !== 'comment') return;
        where = (readAttribute(attributes, 'ref') ?? '').slice(0, 20);
        text = '';
      },
      close(prefixed) {
        const name = localName(prefixed);
        if (name === 't') isText = false;
        if (name !== 'comment' || text.trim() === '') return;
        budget.spend(text.length);
        comments.push({ where, text: decodeEscapes(text).replace(/\s+/g, ' ').trim() });
      },
      text(data) {
        if (isText) text += data;
      },
    }),
  );
  return comments;
}
