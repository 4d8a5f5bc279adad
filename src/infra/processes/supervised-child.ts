/**
 * Runs a node program as a child process and keeps it running: logs forwarded line by line, restart with exponential
 * back-off, an orderly end. It knows nothing of what the child does; "is it really up" is asked through `confirm`.
 *
 * The child gets a pipe as stdin that is never written to: its end tells the child that we are gone
 * (see die-with-parent.ts). It leads a process group of its own, so that Ctrl-C reaches only us and we drain in order,
 * and so that a forced end takes its own children along.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { SUPERVISED_FLAG } from './die-with-parent.js';

/** What to start: `node ...execArgv file ...args`. The child sees exactly `env` and nothing of ours. */
export interface ChildCommand {
  file: string;
  execArgv: string[];
  args: string[];
  env: Record<string, string>;
}

/** How one run ended. */
export interface ChildExit {
  /** Null when the process could not be started at all. */
  pid: number | null;
  code: number | null;
  signal: NodeJS.Signals | null;
  uptimeMs: number;
  /** True when the child had passed `confirm` (or there is none). */
  confirmed: boolean;
  /** Why we ended it or could not start it; null when it ended by itself. */
  reason: string | null;
}

/** Same shape as the `childProcess` event of the domain's AppEvents. */
export interface ChildStateEvent {
  name: string;
  state: 'started' | 'exited' | 'restarting' | 'stopped';
  pid: number | null;
  detail?: string;
}

/** Milliseconds. The wait doubles from `initialMs` to `maximumMs`; a run of `stableAfterMs` starts the count anew. */
export interface BackOff {
  initialMs: number;
  maximumMs: number;
  stableAfterMs: number;
}

export interface SupervisedChildOptions {
  name: string;
  /** Asked before every start, so that arguments (a port) may differ each time. A rejection counts as a failed run. */
  command(): ChildCommand | Promise<ChildCommand>;
  /** Resolves when the child does its work; a rejection ends the child and counts as a failed run. */
  confirm?(child: { pid: number; signal: AbortSignal }): Promise<void>;
  /** Awaited after every run and before the next. */
  onExit?(exit: ChildExit): void | Promise<void>;
  /** One line of the child's output, without the line end. */
  onLine?(line: string, stream: 'stdout' | 'stderr'): void;
  onState?(event: ChildStateEvent): void;
  backOff?: BackOff;
}

export interface SupervisedChild {
  /** Of the running child, null between runs. */
  pid(): number | null;
  /** Ends the running child (SIGTERM, after `graceMs` SIGKILL); the supervisor starts the next. Resolves when it ended. */
  restart(reason: string, graceMs: number): Promise<void>;
  /** Ends the child (SIGTERM, after `graceMs` SIGKILL) for good. Resolves when it is gone; repeated calls are harmless. */
  stop(graceMs: number): Promise<void>;
}

const DEFAULT_BACK_OFF: BackOff = { initialMs: 200, maximumMs: 10_000, stableAfterMs: 30_000 };

/** Ends a run early; the reason becomes part of its ChildExit. */
interface Run {
  child: ChildProcess;
  reason: string | null;
  ended: Promise<void>;
}

/** Starts the child and keeps it running until `stop`. Never throws and leaves no rejection unhandled. */
export function superviseChild(options: SupervisedChildOptions): SupervisedChild {
  const stopping = new AbortController();
  let current: Run | null = null;
  const emit = (event: Omit<ChildStateEvent, 'name'>) => options.onState?.({ name: options.name, ...event });

  const finished = keepRunning(options, stopping.signal, (run) => {
    current = run;
  })
    .catch((error: unknown) => emit({ state: 'exited', pid: null, detail: describe(error) }))
    .then(() => emit({ state: 'stopped', pid: null }));

  return {
    pid: () => current?.child.pid ?? null,
    async restart(reason, graceMs) {
      if (current !== null) await endRun(current, reason, graceMs);
    },
    async stop(graceMs) {
      stopping.abort();
      if (current !== null) await endRun(current, 'stopped', graceMs);
      await finished;
    },
  };
}

async function keepRunning(
  options: SupervisedChildOptions,
  stopping: AbortSignal,
  setCurrent: (run: Run | null) => void,
): Promise<void> {
  const backOff = options.backOff ?? DEFAULT_BACK_OFF;
  let failures = 0;
  while (!stopping.aborted) {
    const exit = await runOnce(options, stopping, setCurrent);
    setCurrent(null);
    options.onState?.({ name: options.name, state: 'exited', pid: exit.pid, detail: describeExit(exit) });
    await options.onExit?.(exit);
    if (stopping.aborted) return;
    failures = exit.uptimeMs >= backOff.stableAfterMs ? 1 : failures + 1;
    const waitMs = Math.min(backOff.maximumMs, backOff.initialMs * 2 ** (failures - 1));
    options.onState?.({ name: options.name, state: 'restarting', pid: null, detail: `in ${waitMs} ms` });
    await delay(waitMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

async function runOnce(
  options: SupervisedChildOptions,
  stopping: AbortSignal,
  setCurrent: (run: Run) => void,
): Promise<ChildExit> {
  const startedAt = performance.now();
  const result: ChildExit = { pid: null, code: null, signal: null, uptimeMs: 0, confirmed: false, reason: null };
  try {
    const command = await options.command();
    if (stopping.aborted) return { ...result, reason: 'stopped' };
    const { run, exit } = startRun(command, options);
    setCurrent(run);
    result.pid = run.child.pid ?? null;
    if (result.pid !== null) {
      options.onState?.({ name: options.name, state: 'started', pid: result.pid });
      result.confirmed = await confirmRun(options, run);
    }
    Object.assign(result, await exit);
    result.reason = result.reason ?? run.reason;
  } catch (error) {
    result.reason = describe(error);
  }
  result.uptimeMs = performance.now() - startedAt;
  return result;
}

/** Spawns, forwards the lines and watches for the end. */
function startRun(command: ChildCommand, options: SupervisedChildOptions) {
  const child = spawn(process.execPath, [...command.execArgv, command.file, ...command.args, SUPERVISED_FLAG], {
    env: command.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const exit = new Promise<Pick<ChildExit, 'code' | 'signal' | 'reason'>>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, reason: describe(error) }));
    child.once('exit', (code, signal) => resolve({ code, signal, reason: null }));
  });
  if (child.pid !== undefined) {
    child.stdin.on('error', () => undefined);
    for (const name of ['stdout', 'stderr'] as const) {
      createInterface({ input: child[name], crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) =>
        options.onLine?.(line, name),
      );
    }
  }
  const run: Run = { child, reason: null, ended: exit.then(() => undefined) };
  return { run, exit };
}

/** True when the child passed `confirm` before it ended; a child that fails it is ended here. */
async function confirmRun(options: SupervisedChildOptions, run: Run): Promise<boolean> {
  if (options.confirm === undefined) return true;
  const over = new AbortController();
  void run.ended.then(() => over.abort());
  try {
    await options.confirm({ pid: run.child.pid as number, signal: over.signal });
    return true;
  } catch (error) {
    if (!over.signal.aborted) await endRun(run, describe(error), 0);
    return false;
  }
}

/** SIGTERM, then SIGKILL for the whole group after `graceMs` (at once for 0). Resolves when the child is gone. */
async function endRun(run: Run, reason: string, graceMs: number): Promise<void> {
  if (run.child.pid === undefined || run.child.exitCode !== null || run.child.signalCode !== null) return run.ended;
  run.reason = run.reason ?? reason;
  const timer = setTimeout(() => killGroup(run.child), graceMs);
  if (graceMs > 0) run.child.kill('SIGTERM');
  await run.ended;
  clearTimeout(timer);
}

function killGroup(child: ChildProcess): void {
  try {
    if (process.platform === 'win32' || child.pid === undefined) child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describeExit(exit: ChildExit): string {
  const how = exit.signal === null ? `code ${exit.code ?? 'none'}` : exit.signal;
  return exit.reason === null ? how : `${how}: ${exit.reason}`;
}
