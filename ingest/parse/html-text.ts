/** Reads text out of an HTML subtree, without recursion. */
import type { AnyNode, Element } from 'domhandler';

/** True for elements, `script` and `style` included. */
export function isElement(node: AnyNode): node is Element {
  return node.type === 'tag' || node.type === 'script' || node.type === 'style';
}

const SKIPPED = new Set(['script', 'style', 'noscript', 'template', 'svg', 'button', 'select', 'textarea', 'rp']);
const BREAKING = new Set(['br', 'p', 'div', 'li', 'ul', 'ol', 'tr', 'td', 'th', 'dt', 'dd', 'blockquote', 'pre']);

/** A superscript number behind a digit or letter would read as one number with it: 10² must not become 102. */
export function needsCaret(before: string, raised: string): boolean {
  return /[\p{L}\p{N}]$/u.test(before.slice(-2)) && /^[\d−-]/.test(raised);
}

/**
 * Text of everything under `element`. White space collapses to single spaces and blocks are divided by one, unless
 * `keepSpace` (for `pre`), where text stays as it is and only `br` becomes a line end.
 */
export function textOf(element: Element, options: { keepSpace: boolean }): string {
  const parts: string[] = [];
  let isRaised = false;
  let node: AnyNode | null = element.firstChild;
  while (node !== null) {
    let child: AnyNode | null = null;
    if (node.type === 'text') {
      if (isRaised && node.data.trim() !== '') {
        if (needsCaret(parts.at(-1) ?? '', node.data)) parts.push('^');
        isRaised = false;
      }
      parts.push(node.data);
    } else if (isElement(node) && !SKIPPED.has(node.name)) {
      if (node.name === 'sup') isRaised = true;
      if (options.keepSpace ? node.name === 'br' : BREAKING.has(node.name)) parts.push(options.keepSpace ? '\n' : ' ');
      child = node.firstChild;
    }
    if (child !== null) {
      node = child;
      continue;
    }
    while (node !== null && node.nextSibling === null) {
      node = node.parent === element ? null : (node.parent as AnyNode | null);
      if (node !== null && !options.keepSpace && isElement(node) && BREAKING.has(node.name)) parts.push(' ');
    }
    node = node?.nextSibling ?? null;
  }
  const text = parts.join('');
  return options.keepSpace ? text.replace(/^\n+/, '').trimEnd() : text.replace(/[\s\u00A0]+/g, ' ').trim();
}
