/**
 * JSON and JSON Lines. Stored as lines "path: value" in the order of the file, because people ask for values by the names
 * that stand over them. Every record (a line of JSON Lines, an element of a list of objects) is a block of its own, with
 * paths that begin at the record; the key that holds the records is a heading over them. Plain values of the outermost
 * object come first, so that they do not stand under a heading that is not theirs.
 */
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import { assembleBlocks, createUnpagedDocument, type PendingBlock } from './assemble-document.js';
import { cleanText, joinLines } from './clean-text.js';
import { decodeText } from './decode-text.js';
import type { ParseLimits, ParserInput } from './parser.js';
import { damagedJson, type JsonHandler, scanJsonValue, skipSpace } from './scan-json.js';
import { createTextBudget } from './text-budget.js';

const MAX_KEY_CHARACTERS = 200;

/**
 * Reads a JSON file: one value, or one value a line.
 * @throws AppError `corrupt` when it is no JSON, `parse_failed` when it is nested too deeply, `inflated_too_large` when
 *         the paths make far more text than the file has
 */
export async function parseJson(input: ParserInput): Promise<ParsedDocument> {
  const { text } = decodeText(input.bytes);
  const lines = createRecordLines(input.limits);
  let at = scanJsonValue(text, 0, createRecordHandler(lines, isWholeValue(text) ? 'document' : 'record'));
  for (let next = skipSpace(text, at); next < text.length; next = skipSpace(text, at)) {
    if (!text.slice(at, next).includes('\n')) throw damagedJson();
    lines.endBlock();
    at = scanJsonValue(text, next, createRecordHandler(lines, 'record'));
  }
  const assembled = assembleBlocks(lines.finish());
  return createUnpagedDocument(null, assembled.text, assembled.blocks);
}

/** Whether nothing follows the first value. */
function isWholeValue(text: string): boolean {
  const nothing = () => undefined;
  const silent = { key: nothing, openObject: nothing, openArray: nothing, close: nothing, scalar: nothing };
  return skipSpace(text, scanJsonValue(text, 0, silent)) === text.length;
}

/** An object or list that is open. */
interface Level {
  isArray: boolean;
  /** Of the next element. */
  index: number;
  /** Whether something was met in it. */
  isFilled: boolean;
  /** Path of its values from the record on; their own step is added. */
  path: string;
  /** True where a container inside it is a record, or a group of records under a heading. */
  divides: boolean;
}

/** Writes one root value. As 'record' it is one block; as 'document' it is divided. */
function createRecordHandler(lines: RecordLines, role: 'document' | 'record'): JsonHandler {
  const open: Level[] = [];
  let key = '';

  /** The path of the value that comes now. */
  function step(): string {
    const level = open.at(-1);
    if (level === undefined) return '';
    level.isFilled = true;
    // Plain values of a list that has its own heading need no path.
    if (level.isArray && level.divides) return '';
    if (level.isArray) return `${level.path}[${level.index++}]`;
    return level.path === '' ? key : `${level.path}.${key}`;
  }

  function openContainer(isArray: boolean): void {
    const parent = open.at(-1);
    const path = step();
    if (parent === undefined) open.push({ isArray, index: 0, isFilled: false, path: '', divides: role === 'document' });
    else if (!parent.divides) open.push({ isArray, index: 0, isFilled: false, path, divides: false });
    else {
      lines.endBlock();
      if (!parent.isArray) lines.addHeading(key);
      open.push({ isArray, index: 0, isFilled: false, path: '', divides: isArray && !parent.isArray });
    }
  }

  return {
    key(name) {
      key = joinLines(cleanText(name)).slice(0, MAX_KEY_CHARACTERS);
    },
    openObject: () => openContainer(false),
    openArray: () => openContainer(true),
    scalar(text) {
      const isOutermost = open.length === 1 && open[0]?.divides === true && !open[0].isArray;
      const path = step();
      if (isOutermost) lines.addFirst(path, text);
      else lines.addLine(path, text);
    },
    close() {
      const level = open.pop();
      if (level?.isFilled === false && level.path !== '') lines.addLine(level.path, level.isArray ? '[]' : '{}');
      if (open.at(-1)?.divides === true) lines.endBlock();
    },
  };
}

type RecordLines = ReturnType<typeof createRecordLines>;

/** Blocks in the making. */
function createRecordLines(limits: ParseLimits) {
  const blocks: PendingBlock[] = [];
  const first: string[] = [];
  let lines: string[] = [];
  const budget = createTextBudget(limits);
  function makeLine(path: string, value: string): string {
    budget.spend(path.length + value.length + 2);
    return path === '' ? value : `${path}: ${value}`;
  }
  function endBlock(): void {
    blocks.push(toParagraph(lines));
    lines = [];
  }
  return {
    endBlock,
    /** A line of the block before all others. */
    addFirst: (path: string, value: string) => first.push(makeLine(path, value)),
    addLine: (path: string, value: string) => lines.push(makeLine(path, value)),
    addHeading(text: string): void {
      blocks.push({ kind: 'heading', level: 1, text });
    },
    finish(): PendingBlock[] {
      endBlock();
      const filled = [toParagraph(first), ...blocks].filter(({ text }) => text !== '');
      // A heading over nothing says that something is there.
      return filled.filter(({ kind }, index) => kind !== 'heading' || filled[index + 1]?.kind === 'paragraph');
    },
  };
}

function toParagraph(lines: readonly string[]): PendingBlock {
  return { kind: 'paragraph', text: cleanText(lines.join('\n')).trim() };
}
