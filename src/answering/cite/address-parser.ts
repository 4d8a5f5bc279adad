/**
 * Streamed text of any answerer to plain text and sentence addresses. Works over chunk borders: the same text cut
 * anywhere gives the same tokens. On the way everything that a renderer could turn into a link, an image or an element is
 * made plain text, since the writer may repeat what a document told it to.
 * It looks nothing up: whether an address exists is decided by the citer.
 */
import type { Address } from '../ground/ground-passages.js';
import { isForgedMarker, MAX_BRACKET_LENGTH, parseAddresses } from './address-grammar.js';

export type AnswerToken =
  | { type: 'text'; text: string }
  | { type: 'addresses'; addresses: Address[] }
  /** Something that looked like one of our markers; it is not shown. */
  | { type: 'forged' };

export interface AddressParser {
  /** The tokens that are certain so far. */
  push(text: string): AnswerToken[];
  /** The rest; call once. */
  flush(): AnswerToken[];
}

/** What one step made of the head of the pending text: how much it used, what comes out, what goes back in front. */
interface Step {
  used: number;
  tokens: AnswerToken[];
  putBack?: string;
  after?: After;
}

/**
 * What stands right before the pending text: a closing bracket, with which a following `(` or `:` would make a link; or a
 * pointer, which may be dropped, so that what stood before it and what follows would make a word of their own.
 */
type After = 'bracket' | 'pointer' | 'nothing';

/** Null: more text is needed. */
type Rule = (pending: string, final: boolean) => Step | null;

const MAX_DESTINATION_LENGTH = 2000;
const OPENERS = '[【';
const PLAIN_RUN = /^[^[\]【】!<:A-Za-z]+/;
const WORD_RUN = /^[A-Za-z][A-Za-z0-9+.-]{0,40}/;
const ADDRESS_TAIL = /^:\/\/[^\s<>"'`()[\]{}|\\^，。、；（）「」【】]{0,2000}/;
/** What GitHub's Markdown makes a link without a scheme. */
const BARE_HOST = /(?<![A-Za-z0-9])www(?:\.|$)/gi;
/** Characters that can hide text or turn it around: tags, bidi overrides, control characters. */
const HIDDEN = /[\u{e0000}-\u{e007f}\u202a-\u202e\u2066-\u2069]|(?![\t\n\r])\p{Cc}/gu;

/** A parser for one answer. */
export function createAddressParser(): AddressParser {
  let pending = '';
  let after: After = 'nothing';
  /** First half of a surrogate pair that was cut in two. */
  let half = '';

  function drain(final: boolean): AnswerToken[] {
    const tokens: AnswerToken[] = [];
    while (pending !== '') {
      const step = (after === 'nothing' ? ruleFor(pending) : AFTER_RULES[after])(pending, final);
      if (step === null) break;
      pending = (step.putBack ?? '') + pending.slice(step.used);
      after = step.after ?? 'nothing';
      for (const token of step.tokens) appendToken(tokens, token);
    }
    return tokens;
  }

  return {
    push(text) {
      const whole = half + text;
      half = /[\ud800-\udbff]$/.exec(whole)?.[0] ?? '';
      pending += whole.slice(0, whole.length - half.length).replace(HIDDEN, '');
      return drain(false);
    },
    flush() {
      pending += half;
      return drain(true);
    },
  };
}

function appendToken(tokens: AnswerToken[], token: AnswerToken): void {
  if (token.type !== 'text') {
    tokens.push(token);
    return;
  }
  if (token.text === '') return;
  const last = tokens.at(-1);
  if (last?.type === 'text') last.text += token.text;
  else tokens.push({ type: 'text', text: token.text });
}

function ruleFor(pending: string): Rule {
  const first = pending.charAt(0);
  if (OPENERS.includes(first) || first === '!') return bracket;
  if (first === ']' || first === '】') return closingBracket;
  if (first === '<') return element;
  if (first === ':') return webAddress;
  return /[A-Za-z]/.test(first) ? word : plain;
}

const text = (used: number, value: string): Step => ({ used, tokens: [{ type: 'text', text: value }] });

const plain: Rule = (pending) => {
  const run = PLAIN_RUN.exec(pending)?.[0] ?? pending.charAt(0);
  return text(run.length, run);
};

/** `<` that could open an element, a comment or an autolink becomes a look-alike that cannot. */
const element: Rule = (pending, final) => {
  if (pending.length === 1 && !final) return null;
  return text(1, /^<(?:[\s\d=]|$)/.test(pending) ? '<' : '‹');
};

/** A run of letters may be the scheme of a web address: it waits for what follows. */
const word: Rule = (pending, final) => {
  const run = WORD_RUN.exec(pending)?.[0] ?? pending.charAt(0);
  const rest = pending.slice(run.length);
  const undecided = rest === '' || rest === ':' || rest === ':/';
  if (undecided && !final && run.length <= 40) return null;
  if (rest.startsWith('://')) return { used: run.length, tokens: [] };
  return text(run.length, run.replace(BARE_HOST, 'www '));
};

/** `://host/path?query`, its scheme already swallowed, becomes `host/path`: readable, and nothing makes it a link. */
const webAddress: Rule = (pending, final) => {
  if ((pending === ':' || pending === ':/') && !final) return null;
  const tail = ADDRESS_TAIL.exec(pending)?.[0];
  if (tail === undefined) return text(1, ':');
  if (tail.length === pending.length && tail.length <= MAX_DESTINATION_LENGTH && !final) return null;
  const target = tail.replace(/[.,;:!?*_]+$/, '');
  return text(target.length, plainAddress(target.slice(3)));
};

/** Begins with a letter or a space: what stands before and behind must not grow together. */
function plainAddress(address: string): string {
  const plain = address
    .replace(/[?#].*$/s, '')
    .replace(/^[^/]*@/, '')
    .replace(/:(?!\d)/g, ' ')
    .replace(/^\/+|\/+$/g, '')
    .replace(BARE_HOST, 'www ');
  return /^[\p{L}\p{N}]/u.test(plain) ? plain : ` ${plain}`;
}

const closingBracket: Rule = (pending) => ({ ...text(1, pending.charAt(0)), after: 'bracket' });

/** After a closing bracket: `(` would make a link of it and `:` a link definition. */
const afterBracket: Rule = (pending, final) => {
  const first = pending.charAt(0);
  if (first === ':') return text(0, ' ');
  if (first !== '(') return { used: 0, tokens: [] };
  const destination = readDestination(pending, final);
  if (destination === 'wait') return null;
  if (destination === null) return text(0, ' ');
  const target = describeTarget(destination.inside);
  return target === null ? text(0, ' ') : { used: destination.length, tokens: [], after: 'pointer' };
};

/** After a pointer: a word or a path may not begin right there. */
const afterPointer: Rule = (pending, final) => {
  if (/^[.:]$/.test(pending) && !final) return null;
  if (/^(?:[A-Za-z0-9/@]|\.[A-Za-z0-9])/.test(pending)) return text(0, ' ');
  return afterBracket(pending, final);
};

const AFTER_RULES: Record<Exclude<After, 'nothing'>, Rule> = { bracket: afterBracket, pointer: afterPointer };

/** `[`, `[[`, `【`, `![`: an address list, a forged marker, a link, an image, or just a bracket. */
const bracket: Rule = (pending, final) => {
  const image = pending.startsWith('!');
  if (image && pending.length === 1 && !final) return null;
  if (image && !OPENERS.includes(pending.charAt(1))) return text(1, '!');
  const lead = image ? '!' : '';
  const body = pending.slice(lead.length);
  if (body === '[' && !final) return null;
  const inside = readInside(body, final);
  if (inside === 'wait') return null;
  if (inside === null) return text(lead.length + 1, lead + body.charAt(0));
  const used = lead.length + inside.length;
  const before: AnswerToken[] = image ? [{ type: 'text', text: '!' }] : [];
  const addresses = parseAddresses(inside.text);
  if (addresses !== null) return { used, tokens: [...before, { type: 'addresses', addresses }], after: 'pointer' };
  if (isForgedMarker(inside.text)) return { used, tokens: [...before, { type: 'forged' }], after: 'pointer' };
  return inside.double
    ? text(lead.length + 1, `${lead}[`)
    : linkOrText(pending, { lead, used, final, label: inside.text });
};

interface Inside {
  text: string;
  /** Units from the opening to the closing bracket, both included. */
  length: number;
  double: boolean;
}

/** The inside of the bracket that `body` starts with; null when it does not close, or when another one opens first. */
function readInside(body: string, final: boolean): Inside | null | 'wait' {
  const double = body.startsWith('[[');
  const open = double ? 2 : 1;
  const end = body.slice(open).search(/[[\]【】]/);
  if (end < 0) return final || body.length > MAX_BRACKET_LENGTH + open ? null : 'wait';
  if (end > MAX_BRACKET_LENGTH) return null;
  const close = open + end;
  if (OPENERS.includes(body.charAt(close))) return null;
  if (double) {
    if (body.length === close + 1 && !final) return 'wait';
    if (body.charAt(close + 1) !== ']') return null;
  }
  return { text: body.slice(open, close), length: close + open, double };
}

function linkOrText(
  pending: string,
  { lead, used, final, label }: { lead: string; used: number; final: boolean; label: string },
): Step | null {
  const literal = text(lead.length + 1, pending.slice(0, lead.length + 1));
  const rest = pending.slice(used);
  if (rest === '') return final ? literal : null;
  if (!rest.startsWith('(')) return literal;
  const destination = readDestination(rest, final);
  if (destination === 'wait') return null;
  const target = destination === null ? null : describeTarget(destination.inside);
  if (destination === null || target === null) return literal;
  const host = lead === '!' || target === '' || label.includes(target) ? '' : ` (${target})`;
  return { used: used + destination.length, tokens: [], putBack: label + host || ' ' };
}

/** The bracketed destination of a link; null when it does not close within a line of sane length. */
function readDestination(rest: string, final: boolean): { inside: string; length: number } | null | 'wait' {
  let depth = 0;
  for (let index = 0; index < rest.length && index <= MAX_DESTINATION_LENGTH; index += 1) {
    const character = rest.charAt(index);
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth === 0) return { inside: rest.slice(1, index), length: index + 1 };
  }
  return final || rest.length > MAX_DESTINATION_LENGTH ? null : 'wait';
}

/** Host of a link's target, '' for a target without one; null when it is prose such as `f[0](x)`. */
function describeTarget(inside: string): string | null {
  const target = inside.trim().replace(/^</, '');
  const host = /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^/@\s]*@)?([^/?#\s>]+)/i.exec(target)?.[1];
  if (host !== undefined) return host;
  return /^(?:[a-z][a-z0-9+.-]*:|[#/.?])|\.[a-z]{2,}|%/i.test(target) || target === '' ? '' : null;
}
