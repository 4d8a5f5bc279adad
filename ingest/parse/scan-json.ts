/**
 * A reader of JSON (RFC 8259) that builds no tree: values come in the order and the spelling of the file, so that long
 * numbers keep their digits and keys that occur twice are both there. No recursion; time is linear in the text.
 */
import { AppError } from '../../src/domain/errors.js';

/** What is met, in order. */
export interface JsonHandler {
  /** A key of the open object; its value follows. */
  key(name: string): void;
  openObject(): void;
  openArray(): void;
  close(): void;
  /** A string without its quotes and escapes, or a number or literal as it is written. */
  scalar(text: string): void;
}

/** Containers inside each other; what people write has under twenty. */
const MAX_JSON_DEPTH = 200;

const WHITE_SPACE = /[ \t\n\r]*/y;
const PLAIN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Reads the value that begins at `start`, white space before it skipped; gives the position behind it.
 * @throws AppError `corrupt` when it is no JSON, `parse_failed` when it is nested deeper than 200
 */
export function scanJsonValue(json: string, start: number, handler: JsonHandler): number {
  /** The closing brackets that are due. */
  const due: ('}' | ']')[] = [];
  let at = start;
  let isFirst = false;
  do {
    at = skipSpace(json, at);
    const closing = due.at(-1);
    if (closing !== undefined && json[at] === closing) {
      due.pop();
      handler.close();
      at++;
      isFirst = false;
      continue;
    }
    if (closing !== undefined && !isFirst) at = skipSpace(json, expectCharacter(json, at, ','));
    if (closing === '}') at = readKey(json, at, handler);
    const opened = json[at];
    isFirst = opened === '{' || opened === '[';
    if (!isFirst) {
      at = readScalar(json, at, handler);
      continue;
    }
    if (due.length >= MAX_JSON_DEPTH) throw new AppError('parse_failed', 'The JSON is nested too deeply to be read.');
    due.push(opened === '{' ? '}' : ']');
    if (opened === '{') handler.openObject();
    else handler.openArray();
    at++;
  } while (due.length > 0);
  return at;
}

/** The position of the next character that is no white space. */
export function skipSpace(json: string, at: number): number {
  WHITE_SPACE.lastIndex = at;
  WHITE_SPACE.test(json);
  return WHITE_SPACE.lastIndex;
}

function readKey(json: string, at: number, handler: JsonHandler): number {
  const end = findStringEnd(json, at);
  handler.key(decodeString(json.slice(at, end)));
  return skipSpace(json, expectCharacter(json, skipSpace(json, end), ':'));
}

function readScalar(json: string, at: number, handler: JsonHandler): number {
  if (json[at] === '"') {
    const end = findStringEnd(json, at);
    handler.scalar(decodeString(json.slice(at, end)));
    return end;
  }
  PLAIN.lastIndex = at;
  const written = PLAIN.exec(json)?.[0];
  if (written === undefined) throw damagedJson();
  handler.scalar(written);
  return at + written.length;
}

/** The position behind the string that begins at `at`. */
function findStringEnd(json: string, at: number): number {
  expectCharacter(json, at, '"');
  let quote = json.indexOf('"', at + 1);
  while (quote >= 0) {
    let slashes = 0;
    while (json[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return quote + 1;
    quote = json.indexOf('"', quote + 1);
  }
  throw damagedJson();
}

function decodeString(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw damagedJson();
  }
}

function expectCharacter(json: string, at: number, character: string): number {
  if (json[at] !== character) throw damagedJson();
  return at + 1;
}

/** The error for text that is no JSON. */
export function damagedJson(): AppError {
  return new AppError('corrupt', 'The file is not valid JSON: it is damaged, or cut off.');
}
