/**
 * An HTML tree -> blocks of text, in time linear in its size. Used for HTML files and for what Word files are converted to.
 */
import type { PendingBlock } from './assemble-document.js';
import { type BlockCollector, createBlockCollector } from './collect-blocks.js';
import { markLayoutTables, readDataTable } from './html-tables.js';
import { textOf } from './html-text.js';
import { type HtmlDocument, type HtmlElement, type HtmlNode, isElement, walkHtml } from './walk-html.js';

/** Elements whose content no reader sees as text of the page. */
const SKIPPED = new Set([
  ...words('script style noscript template head title svg iframe object canvas audio video'),
  ...words('button select textarea datalist map rp'),
]);

/** Elements that begin and end a line of their own. */
const BLOCKS = new Set([
  ...words('html body div p section article main aside header footer nav address'),
  ...words('blockquote figure figcaption details summary dialog form fieldset legend center dl dt'),
  ...words('dd table caption thead tbody tfoot tr td th hr hgroup menu'),
  ...words('search'),
]);

const HEADING = /^h([1-6])$/;

/** The blocks under `root`, in document order; texts may still hold control characters. */
export function convertHtmlToBlocks(root: HtmlDocument, options: { skipNavigation: boolean }): PendingBlock[] {
  const collector = createBlockCollector();
  const layoutTables = markLayoutTables(root);
  walkHtml(root, { enter, leave: (node) => leave(node, collector) });
  return collector.finish();

  /** False when the node's content is dealt with, or not wanted. */
  function enter(current: HtmlNode): boolean {
    if (current.type === 'text') collector.addText(current.data);
    if (!isElement(current)) return false;
    if (SKIPPED.has(current.name) || isHidden(current)) return false;
    if (options.skipNavigation && isNavigation(current)) return false;
    if (current.name === 'pre') {
      collector.addBlock({ kind: 'code', text: textOf(current, { keepSpace: true }) });
      return false;
    }
    if (current.name === 'table' && !layoutTables.has(current)) {
      for (const block of readDataTable(current)) collector.addBlock(block);
      return false;
    }
    open(current, collector);
    return true;
  }
}

function words(list: string): string[] {
  return list.split(' ');
}

function open(element: HtmlElement, collector: BlockCollector): void {
  const level = HEADING.exec(element.name)?.[1];
  if (level !== undefined) collector.openHeading(Number(level));
  else if (element.name === 'ul' || element.name === 'ol') collector.openList(element.name === 'ol', startOf(element));
  else if (element.name === 'li') collector.openItem();
  else if (element.name === 'br') collector.addLineBreak();
  else if (element.name === 'sup') collector.markSuperscript();
  else if (BLOCKS.has(element.name)) collector.closeLine();
}

function leave(node: HtmlNode, collector: BlockCollector): void {
  if (!isElement(node)) return;
  if (HEADING.test(node.name)) collector.closeHeading();
  else if (node.name === 'ul' || node.name === 'ol') collector.closeList();
  else if (node.name === 'li' || BLOCKS.has(node.name)) collector.closeLine();
}

function startOf(list: HtmlElement): number {
  const start = Number(list.attribs.start);
  return Number.isSafeInteger(start) ? start : 1;
}

function isNavigation(element: HtmlElement): boolean {
  return element.name === 'nav' || element.attribs.role === 'navigation';
}

/** Text that the page itself hides is not what a reader saw, and a common carrier of hidden instructions. */
function isHidden(element: HtmlElement): boolean {
  if (element.attribs.hidden !== undefined) return true;
  const style = element.attribs.style;
  return style !== undefined && /(?:display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden)/i.test(style);
}
