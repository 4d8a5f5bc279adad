/** Reads text out of an HTML subtree. */
import { type HtmlElement, isElement, walkHtml } from './walk-html.js';

const SKIPPED = new Set(['script', 'style', 'noscript', 'template', 'svg', 'button', 'select', 'textarea', 'rp']);
const BREAKING = new Set(['p', 'div', 'li', 'ul', 'ol', 'tr', 'td', 'th', 'dt', 'dd', 'blockquote', 'pre']);

/** A superscript number behind a digit or letter would read as one number with it: 10² must not become 102. */
export function needsCaret(before: string, raised: string): boolean {
  return /[\p{L}\p{N}]$/u.test(before.slice(-2)) && /^[\d−-]/.test(raised);
}

/**
 * Text of everything under `element`. White space collapses to single spaces and blocks are divided by one, unless
 * `keepSpace` (for `pre`), where text stays as it is and only `br` becomes a line end.
 */
export function textOf(element: HtmlElement, options: { keepSpace: boolean }): string {
  const parts: string[] = [];
  const divide = options.keepSpace ? () => undefined : () => parts.push(' ');
  let isRaised = false;
  walkHtml(element, {
    enter(node) {
      if (node.type === 'text') {
        if (isRaised && node.data.trim() !== '') {
          if (needsCaret(parts.at(-1) ?? '', node.data)) parts.push('^');
          isRaised = false;
        }
        parts.push(node.data);
      }
      if (!isElement(node) || SKIPPED.has(node.name)) return false;
      if (node.name === 'sup') isRaised = true;
      if (node.name === 'br') parts.push('\n');
      else if (BREAKING.has(node.name)) divide();
      return true;
    },
    leave(node) {
      if (isElement(node) && BREAKING.has(node.name)) divide();
    },
  });
  const text = parts.join('');
  return options.keepSpace ? text.replace(/^\n+/, '').trimEnd() : text.replace(/[\s\u00A0]+/g, ' ').trim();
}
