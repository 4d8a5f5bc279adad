/** Visits an HTML tree without recursion, so that depth costs no stack. Every node is met once. */
import type { AnyNode, Document, Element } from 'domhandler';

/** What to do at a node. */
export interface HtmlVisitor {
  /** Before the node's children. False: leave the children out, and do not call `leave` for it. */
  enter(node: AnyNode): boolean;
  /** Behind the node's children. */
  leave?(node: AnyNode): void;
}

/** True for elements, `script` and `style` included. */
export function isElement(node: AnyNode): node is Element {
  return node.type === 'tag' || node.type === 'script' || node.type === 'style';
}

/** Visits everything under `root`, in document order, but not `root` itself. */
export function walkHtml(root: Document | Element, visitor: HtmlVisitor): void {
  let node: AnyNode | null = root.firstChild;
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
function nextAfter(node: AnyNode, root: Document | Element, visitor: HtmlVisitor): AnyNode | null {
  let current: AnyNode = node;
  while (current.nextSibling === null) {
    const parent: AnyNode | null = current.parent;
    if (parent === null || parent === root) return null;
    visitor.leave?.(parent);
    current = parent;
  }
  return current.nextSibling;
}
