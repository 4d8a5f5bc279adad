/**
 * Rich Text Format as a sequence of tokens (RTF Specification 1.9.1, "RTF Syntax"). Knows groups, control words and bytes,
 * not what they mean. Linear, no recursion.
 */

/** What is met, in order. */
export interface RtfHandler {
  openGroup(): void;
  /** False ends the reading. */
  closeGroup(): boolean;
  /** `\word`, with its number or null. */
  word(name: string, parameter: number | null): void;
  /** `\` and one character that is no letter; `\*` marks a group that may be ignored. */
  symbol(character: string): void;
  /** Text in the code page that is in force: from `start` to `end` of the file. */
  bytes(start: number, end: number): void;
  /** `\'hh`: one byte of text. */
  byte(value: number): void;
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const BACKSLASH = 0x5c;
const QUOTE = 0x27;
/** The specification allows 32 letters and numbers of ten digits. */
const MAX_WORD = 32;
const MAX_DIGITS = 10;

/** Reads a file from its first byte to its end, or until `closeGroup` gives false. */
export function scanRtf(file: Uint8Array, handler: RtfHandler): void {
  let at = 0;
  while (at < file.length) {
    const byte = file[at] ?? 0;
    if (byte === BACKSLASH) at = readControl(file, at + 1, handler);
    else if (byte === OPEN) {
      handler.openGroup();
      at++;
    } else if (byte === CLOSE) {
      if (!handler.closeGroup()) return;
      at++;
    } else if (byte < 0x20 && byte !== 9) at++;
    else {
      const start = at;
      while (at < file.length && isText(file[at] ?? 0)) at++;
      handler.bytes(start, at);
    }
  }
}

/** Line ends and other controls are no text; tabs are. */
function isText(byte: number): boolean {
  return byte === 9 || (byte >= 0x20 && byte !== BACKSLASH && byte !== OPEN && byte !== CLOSE);
}

function isLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** The control behind a backslash; gives where the file goes on. */
function readControl(file: Uint8Array, start: number, handler: RtfHandler): number {
  const first = file[start];
  if (first === undefined) return start;
  if (first === QUOTE) {
    const value = Number.parseInt(String.fromCharCode(file[start + 1] ?? 0, file[start + 2] ?? 0), 16);
    if (Number.isNaN(value)) return start + 1;
    handler.byte(value);
    return start + 3;
  }
  if (!isLetter(first)) {
    handler.symbol(String.fromCharCode(first));
    return start + 1;
  }
  let at = start;
  while (at - start < MAX_WORD && isLetter(file[at] ?? 0)) at++;
  const name = String.fromCharCode(...file.subarray(start, at));
  const numberStart = at;
  if (file[at] === 0x2d && isDigit(file[at + 1] ?? 0)) at++;
  while (at - numberStart <= MAX_DIGITS && isDigit(file[at] ?? 0)) at++;
  const parameter = at === numberStart ? null : Number(String.fromCharCode(...file.subarray(numberStart, at)));
  if (file[at] === 0x20) at++;
  handler.word(name, parameter);
  // What follows \bin is no text, whatever it looks like.
  return name === 'bin' && parameter !== null ? at + Math.max(0, parameter) : at;
}
