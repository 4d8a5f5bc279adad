import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Runs a TypeScript program of the tests in a process of its own. */
export function startProgram(url: URL, parameters: string[]): ChildProcess {
  const options = ['--import', 'tsx', fileURLToPath(url), ...parameters];
  return spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Runs JavaScript in a process of its own. */
export function startCode(code: string, parameters: string[]): ChildProcess {
  const options = ['--input-type=module', '-e', code, ...parameters];
  return spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The lines a process writes, as they come. */
export function linesOf(child: ChildProcess): AsyncIterable<string> {
  if (child.stdout === null) throw new Error('the process has no output');
  return createInterface({ input: child.stdout });
}

/** Exit code of a process, null when a signal ended it. */
export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}
