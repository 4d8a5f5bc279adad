/** Looks at other processes of this machine: is a pid alive, and is it the program that we think it is. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** True when a process with this pid exists (also when it belongs to somebody else). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a process, arguments joined by blanks; null when it is gone or cannot be read. */
export async function commandLine(pid: number): Promise<string | null> {
  try {
    if (process.platform === 'linux') {
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      return text === '' ? null : text.split('\0').join(' ').trim();
    }
    if (process.platform === 'win32') return null;
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]);
    return stdout.trim() === '' ? null : stdout.trim();
  } catch {
    return null;
  }
}

/**
 * Ends a left-over process of ours with SIGKILL, but only when its command line holds every one of `marks`: pids are
 * reused. Returns true when it was there and is gone now; waits up to `timeoutMs`.
 */
export async function endOrphan(pid: number, marks: string[], timeoutMs = 3000): Promise<boolean> {
  const line = await commandLine(pid);
  if (line === null || !marks.every((mark) => line.includes(mark))) return false;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return !isAlive(pid);
  }
  const deadline = performance.now() + timeoutMs;
  // A zombie still has a pid but no command line; it holds no file any more.
  while (performance.now() < deadline) {
    if ((await commandLine(pid)) === null) return true;
    await delay(20);
  }
  return false;
}
