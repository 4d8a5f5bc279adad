/** Opaque list positions: the sort key of the last row given, as base64url of JSON. */
import { z } from 'zod';
import { AppError } from '../../../domain/errors.js';

/** The cursor that continues behind a row with this sort key. */
function encodeCursor(sortKey: (string | number)[]): string {
  return Buffer.from(JSON.stringify(sortKey), 'utf8').toString('base64url');
}

/**
 * The sort key of a cursor, null for none; `shape` is what {@link encodeCursor} was given.
 * @throws AppError `invalid_request` when it is not one of ours
 */
export function decodeCursor<T>(cursor: string | null, shape: z.ZodType<T>): T | null {
  if (cursor === null) return null;
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (error) {
    throw new AppError('invalid_request', 'The cursor is not one that this list gave.', {
      cause: error,
      errors: [{ path: 'cursor', message: 'use nextCursor of the previous page' }],
    });
  }
}

/** Sort keys in use. */
export const nameCursorSchema = z.tuple([z.string()]);
export const timeAndIdCursorSchema = z.tuple([z.number().int(), z.string()]);
export const ordinalCursorSchema = z.tuple([z.number().int()]);

/** A list page from `limit + 1` rows: the extra row only tells that there is more. */
export function toListPage<Row, Item>(
  rows: Row[],
  limit: number,
  map: { item(row: Row): Item; sortKey(row: Row): (string | number)[] },
): { data: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data: shown.map(map.item), nextCursor: more ? encodeCursor(map.sortKey(last)) : null };
}
