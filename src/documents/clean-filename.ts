const MAX_LENGTH = 255;
// Control characters, bidirectional overrides and isolates, zero-width characters: they make a name lie about itself.
const INVISIBLE = /[\p{Cc}\p{Cs}\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/gu;

/**
 * The name a person gave, made fit for showing: last path component, no invisible characters, at most 255 characters,
 * `unnamed` when nothing is left. It is data only: no path is ever built from it.
 */
export function cleanFilename(name: string): string {
  const visible = name.replace(INVISIBLE, '').trim();
  const base = visible.split(/[/\\]/).findLast((part) => part.trim() !== '') ?? '';
  const characters = [...base.trim()];
  if (characters.length === 0 || base === '.' || base === '..') return 'unnamed';
  return characters.slice(0, MAX_LENGTH).join('');
}

/** A title for a document whose file has none: the name without its extension. */
export function titleFromFilename(filename: string): string {
  const withoutExtension = filename.replace(/\.[A-Za-z0-9]{1,8}$/, '').trim();
  return withoutExtension === '' ? filename : withoutExtension;
}
