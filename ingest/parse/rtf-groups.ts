/** What the groups of an RTF file are for (RTF Specification 1.9.1, appendix B), and what they hand down to groups inside. */
import { AppError } from '../../src/domain/errors.js';

/** Where the text of a group goes; `info` and `skip` drop it. */
export type RtfDestination = 'text' | 'skip' | 'fonts' | 'styles' | 'info' | 'title' | 'marker';

/** What is in force. */
export interface RtfGroup {
  destination: RtfDestination;
  /** `\*` was met: the group may be ignored by who does not know it. */
  isStarred: boolean;
  font: number | null;
  /** Bytes behind `\u` that stand for the same character. */
  unicodeSkip: number;
  isHidden: boolean;
  isInTable: boolean;
  /** 0 for the highest, null when the paragraph does not say. */
  outlineLevel: number | null;
  style: number | null;
  /** What happens at the end of the group, besides going back. */
  onClose: (() => void) | null;
}

/** Groups inside each other; word processors write under thirty. */
const MAX_DEPTH = 1_000;

/** Groups whose text nobody reads as text of the document. Running headers and footers are among them. */
const SKIPPED = new Set(
  [
    'colortbl filetbl listtable listoverridetable revtbl rsidtbl generator themedata colorschememapping datastore',
    'latentstyles xmlnstbl pict objdata objclass objname header headerl headerr headerf footer footerl footerr footerf',
    'ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn xe tc tcn bkmkstart bkmkend fldinst sp atnid atnauthor atnref atndate',
    'atnicn atnparent atntime atrfstart atrfend template nonesttables pntxta pntxtb panose falt fontemb mmathPr docvar',
    'private userprops fldtype datafield formfield ud',
  ].flatMap((line) => line.split(' ')),
);

/** Groups that are marked as ignorable and hold text. */
const STARRED_TEXT = new Set(['shpinst', 'shptxt', 'annotation']);

/** Words that begin a destination other than `skip`, by the destination in which they do. */
const DESTINATIONS: Record<string, { within: RtfDestination; destination: RtfDestination }> = {
  fonttbl: { within: 'text', destination: 'fonts' },
  stylesheet: { within: 'text', destination: 'styles' },
  info: { within: 'text', destination: 'info' },
  title: { within: 'info', destination: 'title' },
  listtext: { within: 'text', destination: 'marker' },
  pntext: { within: 'text', destination: 'marker' },
};

/** True when `name` decides what the group is for; sets it. */
export function enterDestination(group: RtfGroup, name: string): boolean {
  const isIgnorable = group.isStarred && !STARRED_TEXT.has(name);
  group.isStarred = false;
  if (isIgnorable || SKIPPED.has(name)) {
    group.destination = 'skip';
    return true;
  }
  const found = Object.hasOwn(DESTINATIONS, name) ? DESTINATIONS[name] : undefined;
  if (found === undefined || found.within !== group.destination) return false;
  group.destination = found.destination;
  return true;
}

/** The groups that are open; the file itself is the first. */
export interface RtfGroups {
  current(): RtfGroup;
  depth(): number;
  /** @throws AppError `parse_failed` when there are too many */
  open(): void;
  close(): void;
}

/** None is open. */
export function createRtfGroups(): RtfGroups {
  const outside: RtfGroup = {
    destination: 'text',
    isStarred: false,
    font: null,
    unicodeSkip: 1,
    isHidden: false,
    isInTable: false,
    outlineLevel: null,
    style: null,
    onClose: null,
  };
  const open: RtfGroup[] = [];
  return {
    current: () => open.at(-1) ?? outside,
    depth: () => open.length,
    open() {
      if (open.length >= MAX_DEPTH) throw new AppError('parse_failed', 'The RTF is nested too deeply to be read.');
      open.push({ ...(open.at(-1) ?? outside), isStarred: false, onClose: null });
    },
    close() {
      open.at(-1)?.onClose?.();
      open.pop();
    },
  };
}

/** What `\pard` sets back. */
export function resetParagraph(group: RtfGroup): void {
  group.isInTable = false;
  group.outlineLevel = null;
  group.style = null;
}
