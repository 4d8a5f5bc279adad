/** Atoms -> passages: full but balanced, so that a section of 450 tokens at a limit of 400 gives 225 and 225. */
import type { Atom } from './cut-page.js';

/** Sections under this share of the limit join a neighbour. */
const TINY_SHARE = 1 / 8;

/** Groups of neighbouring atoms of at most `maxTokens` (unless one atom alone is larger), in order. */
export function* packAtoms(atoms: Iterable<Atom>, maxTokens: number): Generator<[Atom, ...Atom[]]> {
  for (const run of joinSections(atoms, maxTokens)) {
    yield* mergeTail(packRun(run, maxTokens), maxTokens);
  }
}

/** The atoms by section; a tiny section goes with the one before it, or a tiny one before it with this. */
function* joinSections(atoms: Iterable<Atom>, maxTokens: number): Generator<Atom[]> {
  const tiny = maxTokens * TINY_SHARE;
  let run: Atom[] = [];
  let runTokens = 0;
  let headingsOnly = true;
  for (const section of bySection(atoms)) {
    const tokens = sumTokens(section);
    const joins = (runTokens < tiny || tokens < tiny) && runTokens + tokens <= maxTokens;
    if (!joins && !headingsOnly) {
      yield run;
      run = [];
      runTokens = 0;
      headingsOnly = true;
    }
    for (const atom of section) run.push(atom);
    runTokens += tokens;
    headingsOnly &&= section.every(({ kind }) => kind === 'heading');
  }
  if (run.length > 0) yield run;
}

function* bySection(atoms: Iterable<Atom>): Generator<Atom[]> {
  let section: Atom[] = [];
  for (const atom of atoms) {
    if (section[0] !== undefined && section[0].section !== atom.section) {
      yield section;
      section = [];
    }
    section.push(atom);
  }
  if (section.length > 0) yield section;
}

function* packRun(run: Atom[], maxTokens: number): Generator<[Atom, ...Atom[]]> {
  let remaining = sumTokens(run);
  let open: Atom[] = [];
  let tokens = 0;
  let target = balancedTarget(remaining, maxTokens);
  for (const atom of run) {
    const full = tokens + atom.tokens > maxTokens || tokens + atom.tokens / 2 > target;
    if (open.length > 0 && (full || mixesTables(open, atom))) {
      const carried = trailingHeadings(open, maxTokens - atom.tokens);
      const closed = open.slice(0, open.length - carried.length);
      yield* group(closed);
      remaining -= sumTokens(closed);
      target = balancedTarget(remaining, maxTokens);
      open = carried;
      tokens = sumTokens(carried);
    }
    open.push(atom);
    tokens += atom.tokens;
  }
  yield* group(open);
}

function balancedTarget(tokens: number, maxTokens: number): number {
  return tokens / Math.max(1, Math.ceil(tokens / maxTokens));
}

function mixesTables(open: Atom[], atom: Atom): boolean {
  return atom.table !== null && open.some(({ table }) => table !== null && table !== atom.table);
}

/** Headings at the end of an open passage belong to what comes next, if they fit there and something else stays. */
function trailingHeadings(open: Atom[], room: number): Atom[] {
  let count = 0;
  while (count < open.length && open[open.length - 1 - count]?.kind === 'heading') count += 1;
  const headings = open.slice(open.length - count);
  return count < open.length && sumTokens(headings) <= room ? headings : [];
}

/** Joins a tiny last passage of a run to the one before it when both fit. */
function* mergeTail(groups: Iterable<[Atom, ...Atom[]]>, maxTokens: number): Generator<[Atom, ...Atom[]]> {
  let held: [Atom, ...Atom[]] | null = null;
  for (const next of groups) {
    const small = sumTokens(next) < maxTokens * TINY_SHARE;
    if (held !== null && small && sumTokens(held) + sumTokens(next) <= maxTokens && !mixesAny(held, next)) {
      held.push(...next);
      continue;
    }
    if (held !== null) yield held;
    held = next;
  }
  if (held !== null) yield held;
}

function mixesAny(open: Atom[], next: Atom[]): boolean {
  return next.some((atom) => mixesTables(open, atom));
}

function* group(atoms: Atom[]): Generator<[Atom, ...Atom[]]> {
  const [first, ...rest] = atoms;
  if (first !== undefined) yield [first, ...rest];
}

function sumTokens(atoms: Atom[]): number {
  return atoms.reduce((sum, { tokens }) => sum + tokens, 0);
}
