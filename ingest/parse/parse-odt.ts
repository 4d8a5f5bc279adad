/** OpenDocument texts (.odt and templates): one page, because pages are made only when they are printed. */
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { assembleBlocks, createUnpagedDocument } from './assemble-document.js';
import { cleanTitle } from './clean-text.js';
import { convertOdfToBlocks, type OdfText, renderRemarks } from './odf-blocks.js';
import { CONTENT, openOdf, readOdfStyles, readOdfTitle } from './odf-package.js';
import type { ParserInput } from './parser.js';
import { childElements, readXmlTree } from './read-xml-part.js';
import { damagedPart } from './scan-xml.js';
import { createTextBudget } from './text-budget.js';

/**
 * Reads a text. Its title is the one in its properties, or its first heading of level 1.
 * @throws AppError `corrupt`, `password_required`, `entity_expansion`, `inflated_too_large`
 */
export async function parseOdt(input: ParserInput): Promise<ParsedDocument> {
  const archive = openOdf(input);
  const content = readXmlTree(archive, CONTENT);
  const body = childElements(content)
    .flatMap(childElements)
    .find(({ name }) => name === 'office:body');
  if (body === undefined) throw damagedPart();
  const text: OdfText = {
    styles: readOdfStyles(archive, content),
    budget: createTextBudget(input.limits),
    notes: [],
    comments: [],
  };
  const blocks = convertOdfToBlocks(body, text);
  const heading = blocks.find((block) => block.kind === 'heading' && block.level === 1);
  const assembled = assembleBlocks([...blocks, ...renderRemarks(text)]);
  const title = readOdfTitle(archive) ?? cleanTitle(heading?.text);
  return createUnpagedDocument(title, assembled.text, assembled.blocks);
}
