/** What the parts of Word, PowerPoint and Excel files have in common: relationships and properties (ECMA-376 part 2). */
import { AppError } from '../../src/domain/errors.js';
import { cleanTitle } from './clean-text.js';
import type { Archive } from './open-archive.js';
import { childElements, localName, readXmlTree } from './read-xml-part.js';
import { type HtmlElement, isElement, walkHtml } from './walk-html.js';

/** A link from one part to another part of the same file. */
export interface Relationship {
  id: string;
  /** Last segment of the type's address: `slide`, `notesSlide`, `worksheet`; the same in the strict and the usual variant. */
  type: string;
  /** Name of the part in the archive; whether it is there is not known. */
  target: string;
}

/**
 * The relationships of a part, in file order. Those that lead out of the file are left out, so that nobody can follow
 * them. Empty when the part has none, or a damaged list.
 * @throws AppError as `readXmlPart` says, but not `corrupt`
 */
export function readRelationships(archive: Archive, part: string): Relationship[] {
  const slash = part.lastIndexOf('/') + 1;
  const name = `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`;
  const root = archive.has(name) ? tolerateDamage(() => readXmlTree(archive, name)) : null;
  const list = root === null ? undefined : childElements(root)[0];
  const relationships: Relationship[] = [];
  for (const element of list === undefined ? [] : childElements(list)) {
    const { Id: id, Type: type, Target: target, TargetMode: mode } = element.attribs;
    if (id === undefined || target === undefined || mode?.toLowerCase() === 'external') continue;
    const kind = type?.slice(type.lastIndexOf('/') + 1) ?? '';
    relationships.push({ id, type: kind, target: resolveTarget(part.slice(0, slash), target) });
  }
  return relationships;
}

/** The result of `read`, or null when what it reads is damaged: one bad part does not spoil the others. */
export function tolerateDamage<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError && error.code === 'corrupt') return null;
    throw error;
  }
}

/** A name in the archive: `..` goes up, never above the top; an archive's names are keys, not paths. */
export function resolveTarget(folder: string, target: string): string {
  const segments: string[] = [];
  const whole = target.startsWith('/') ? target : `${folder}${target}`;
  for (const segment of whole.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.join('/');
}

/**
 * The name of the main part.
 * @throws AppError `corrupt` when it is not there
 */
export function findMainPart(archive: Archive, usual: string): string {
  const linked = readRelationships(archive, '').find(({ type }) => type === 'officeDocument')?.target;
  const found = [linked, usual].find((name) => name !== undefined && archive.has(name));
  if (found === undefined) throw new AppError('corrupt', 'The file is damaged: its main part is missing.');
  return found;
}

/** The title in the file's properties, made fit to be shown; null without. */
export function readOoxmlTitle(archive: Archive): string | null {
  const name = 'docProps/core.xml';
  const root = archive.has(name) ? tolerateDamage(() => readXmlTree(archive, name)) : null;
  if (root === null) return null;
  let title: string | null = null;
  walkHtml(root, {
    enter(node) {
      if (node.type === 'text' && node.parent !== null && isElement(node.parent)) {
        if (title === null && localName(node.parent.name) === 'title') title = cleanTitle(node.data);
      }
      return true;
    },
  });
  return title;
}

/**
 * The targets of the elements of a list (slides, sheets), in the order of the list; null where a link leads nowhere.
 * @throws AppError `no_pages` when it is empty, `inflated_too_large` when it is longer than `most`
 */
export function followList(
  items: readonly HtmlElement[],
  relationships: readonly Relationship[],
  most: number,
): (string | null)[] {
  if (items.length === 0) throw new AppError('no_pages', 'The file has no slides or sheets.');
  if (items.length > most) throw new AppError('inflated_too_large', `The file lists more than ${most} pages.`);
  const targets = new Map(relationships.map(({ id, target }) => [id, target]));
  return items.map((element) => {
    const id = Object.entries(element.attribs).find(([name]) => name.endsWith(':id'))?.[1];
    return (id === undefined ? undefined : targets.get(id)) ?? null;
  });
}
