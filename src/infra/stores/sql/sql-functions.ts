/** The few expressions that SQLite and PostgreSQL spell differently. Stores take everything else from Kysely. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** The two databases. */
export type SqlDialect = 'sqlite' | 'postgres';

/** The database's clock in whole milliseconds since the epoch; moves on within a transaction. */
export function nowMs(dialect: SqlDialect): RawBuilder<number> {
  return dialect === 'sqlite'
    ? sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
    : sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;
}

/**
 * Rows from one JSON array parameter, for bulk inserts without a limit on parameters: a subquery with one column `row`.
 * Use as ``sql`insert into t select cast(r.row->>0 as integer), r.row->>1 from ${jsonRows(dialect, json)} as r` ``: the alias
 * is needed. `->>` gives text on PostgreSQL, so cast everything that is not text. The text must hold no NUL and no lone
 * surrogate (see {@link storableText}): PostgreSQL refuses both.
 */
export function jsonRows(dialect: SqlDialect, json: string): RawBuilder<{ row: unknown }> {
  return dialect === 'sqlite'
    ? sql`(select value as row from json_each(${json}))`
    : sql`(select value as row from jsonb_array_elements(cast(${json} as jsonb)) as value)`;
}

/** True where `column` holds `part`, any case, also beyond ASCII, which neither `like` nor `lower` promise. */
export function containsAnyCase(dialect: SqlDialect, column: RawBuilder<string>, part: string): RawBuilder<SqlBool> {
  const characters = [...part.normalize('NFC')].map(anyCaseClass);
  return dialect === 'sqlite'
    ? sql<SqlBool>`${column} glob ${`*${characters.map(toGlob).join('')}*`}`
    : sql<SqlBool>`${column} ~ ${characters.map(toRegularExpression).join('')}`;
}

/** A character and its other cases, each one code point. */
function anyCaseClass(character: string): string[] {
  const variants = [character, character.toLowerCase(), character.toUpperCase()];
  return [...new Set(variants)].filter((variant) => [...variant].length === 1);
}

/** In a GLOB class only `]` and `^` are special; `]` outside a class stands for itself. */
function toGlob(variants: string[]): string {
  const [only] = variants;
  return variants.length === 1 && (only === ']' || only === '^') ? only : `[${variants.join('')}]`;
}

function toRegularExpression(variants: string[]): string {
  const [only] = variants;
  return variants.length === 1 && only !== undefined
    ? only.replace(/[\\^$.|?*+()[\]{}]/, '\\$&')
    : `[${variants.join('')}]`;
}

/**
 * True where the JSON object in `column` has `key` with a scalar value that reads as `value`: 2024 and "2024" both equal
 * `2024`, true equals `true`.
 */
export function metadataEquals(
  dialect: SqlDialect,
  column: RawBuilder<string>,
  entry: { key: string; value: string },
): RawBuilder<SqlBool> {
  const { key, value } = entry;
  const literal = isJsonLiteral(value) ? value : JSON.stringify(value);
  if (dialect === 'postgres') {
    return sql<SqlBool>`exists (select 1 from jsonb_each(cast(${column} as jsonb)) as entry
      where entry.key = ${key} and entry.value in (to_jsonb(cast(${value} as text)), cast(${literal} as jsonb)))`;
  }
  return sql<SqlBool>`exists (select 1 from json_each(${column}) as entry
    where entry.key = ${key} and ((entry.type = 'text' and entry.value = ${value})
      or (entry.type in ('true', 'false', 'null') and entry.type = ${value})
      or (entry.type in ('integer', 'real') and entry.value = json_extract(${literal}, '$'))))`;
}

function isJsonLiteral(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return (typeof parsed === 'number' && Number.isFinite(parsed)) || typeof parsed === 'boolean' || parsed === null;
  } catch {
    return false;
  }
}

/**
 * The text with every NUL and lone surrogate replaced by U+FFFD, code unit by code unit, so that offsets stay true: no
 * database can keep those two (SQLite cuts the text at a NUL, PostgreSQL refuses both).
 */
export function storableText(text: string): string {
  return text.replace(UNSTORABLE, '\ufffd');
}

const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/** A value as JSON in which every string, also keys, is storable. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'string') return storableText(part);
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [storableText(key), inner]));
  });
}
