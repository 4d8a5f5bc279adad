/** What a reader of a workbook sees in a cell: numbers as dates, times and percentages where their format says so. */

import { attributeOf, childElements, localName } from './read-xml-part.js';
import { type HtmlDocument, type HtmlElement, isElement, walkHtml } from './walk-html.js';

/** How a number is shown. */
export type NumberKind = 'general' | 'date' | 'time' | 'elapsed' | 'percent' | { digits: number };

const DAY_MS = 86_400_000;

/** The kind of every cell style, by its number (`s` of a cell). Empty without styles. */
export function readNumberKinds(styles: HtmlDocument | null): NumberKind[] {
  const codes = new Map<number, string>();
  const kinds: NumberKind[] = [];
  if (styles === null) return kinds;
  walkHtml(styles, {
    enter(node) {
      if (!isElement(node)) return false;
      const name = localName(node.name);
      if (name === 'numFmt') codes.set(Number(node.attribs.numFmtId), node.attribs.formatCode ?? '');
      if (name === 'cellXfs') for (const style of childElements(node)) kinds.push(kindOf(style, codes));
      return name !== 'cellXfs';
    },
  });
  return kinds;
}

function kindOf(style: HtmlElement, codes: ReadonlyMap<number, string>): NumberKind {
  const id = Number(attributeOf(style, 'numFmtId'));
  const code = codes.get(id);
  return code === undefined ? builtInKind(id) : classifyFormat(code);
}

/** ECMA-376 part 1, 18.8.30: the formats that have a number instead of a code. */
function builtInKind(id: number): NumberKind {
  if (id === 9 || id === 10) return 'percent';
  if ((id >= 18 && id <= 21) || id === 45 || id === 47) return 'time';
  if (id === 46) return 'elapsed';
  if ((id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)) return 'date';
  return 'general';
}

/** What a format code shows. Quoted and escaped text, colours and conditions do not count. */
export function classifyFormat(code: string): NumberKind {
  const plain = code
    .slice(0, 255)
    .replace(/"[^"]*"|\\.|_.|\*./g, '')
    .toLowerCase();
  if (/\[(?:h+|m+|s+)\]/.test(plain)) return 'elapsed';
  const bare = (plain.replace(/\[[^\]]*\]/g, '').split(';', 1)[0] ?? '').replace(/general|am\/pm|a\/p/g, '');
  if (/[yd]/.test(bare) || (/m/.test(bare) && !/[hs]/.test(bare))) return 'date';
  if (/[hs]/.test(bare)) return 'time';
  if (bare.includes('%')) return 'percent';
  return /^0{2,15}$/.test(bare) ? { digits: bare.length } : 'general';
}

/** A stored number as text; what is no number stays as it is. */
export function formatNumber(stored: string, kind: NumberKind, is1904: boolean): string {
  const value = stored.trim() === '' ? Number.NaN : Number(stored);
  if (!Number.isFinite(value)) return stored;
  if (typeof kind === 'object') {
    return Number.isInteger(value) && value >= 0 ? String(value).padStart(kind.digits, '0') : tidyNumber(value);
  }
  if (kind === 'percent') return `${tidyNumber(value * 100)}%`;
  if (kind === 'elapsed') return formatElapsed(value);
  if (kind === 'date' || kind === 'time') return formatDate(value, kind, is1904);
  return tidyNumber(value);
}

/** Without the noise of binary fractions: Excel itself keeps 15 digits. */
function tidyNumber(value: number): string {
  return String(Number(value.toPrecision(15)));
}

function formatElapsed(days: number): string {
  const seconds = Math.round(Math.abs(days) * 86_400);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${days < 0 ? '-' : ''}${parts.map((part) => String(part).padStart(2, '0')).join(':')}`;
}

/**
 * Days since the end of 1899, or since 1904-01-01 (ECMA-376 part 1, 18.17.4.1). Excel counts a 29th of February 1900
 * that never was, so days before it are one off.
 */
function formatDate(days: number, kind: 'date' | 'time', is1904: boolean): string {
  const isTimeAlone = kind === 'time' && days >= 0 && days < 1;
  const start = is1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, days < 60 ? 31 : 30);
  const moment = new Date(start + Math.round(days * 86_400) * 1000);
  if (days < 0 || Number.isNaN(moment.getTime()) || moment.getUTCFullYear() > 9999) return tidyNumber(days);
  const [date = '', clock = ''] = moment.toISOString().split('T');
  const time = clock.slice(0, 8).replace(/:00$/, '');
  if (isTimeAlone) return time;
  return moment.getTime() % DAY_MS === 0 ? date : `${date} ${time}`;
}
