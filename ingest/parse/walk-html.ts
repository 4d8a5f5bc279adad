/** Visits an HTML tree without recursion, so that depth costs no stack. Every node is met once. */
import type { CheerioAPI } from 'cheerio/slim';

/** The root of a tree that cheerio parsed. */
export type HtmlDocument = ReturnType<CheerioAPI['root']>[number];
/** Whatever stands in a tree: text, elements, comments. */
export type HtmlNode = NonNullable<HtmlDocument['firstChild']>;
/** An element, `script` and `style` included. */
export type HtmlElement = Extract<HtmlNode, { attribs: unknown }>;

/** What to do at a node. */
export interface HtmlVisitor {
  /** Before the node's children. False: leave the children out, and do not call `leave` for it. */
  enter(node: HtmlNode): boolean;
  /** Behind the node's children. */
  leave?(node: HtmlNode): void;
}

/** True for elements, `script` and `style` included. */
export function isElement(node: HtmlNode): node is HtmlElement {
  return node.type === 'tag' || node.type === 'script' || node.type === 'style';
}

/** Visits everything under `root`, in document order, but not `root` itself. */
export function walkHtml(root: HtmlDocument | HtmlElement, visitor: HtmlVisitor): void {
  let node: HtmlNode | null = root.firstChild;
  while (node !== null) {
    const isEntered = visitor.enter(node);
    if (isEntered && isElement(node) && node.firstChild !== null) {
      node = node.firstChild;
      continue;
    }
    if (isEntered) visitor.leave?.(node);
    node = nextAfter(node, root, visitor);
  }
}

/** The node that follows `node` and all under it; leaves the parents that end on the way. */
function nextAfter(node: HtmlNode, root: HtmlDocument | HtmlElement, visitor: HtmlVisitor): HtmlNode | null {
  let current: HtmlNode = node;
  while (current.nextSibling === null) {
    const parent: HtmlNode | null = current.parent;
    if (parent === null || parent === root) return null;
    visitor.leave?.(parent);
    current = parent;
  }
  return current.nextSibling;
}
