/** Small node programs that tests start beside themselves, and the certainty that they are gone afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../../src/infra/processes/process-table.js';

export interface NodeProgram {
  pid: number;
  /** The next line of standard output. */
  nextLine(): Promise<string>;
  /** SIGKILL, resolves when it is gone. */
  kill(): Promise<void>;
}

/** Runs `source`, an ES module that may import TypeScript by absolute path. Its standard error is this process's. */
export function runNodeProgram(source: string): NodeProgram {
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', source];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  return {
    pid: child.pid as number,
    async nextLine() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the program ended before it wrote a line');
      return value;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Milliseconds until `condition` holds. Throws after `timeoutMs`. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > timeoutMs) throw new Error(`not so within ${timeoutMs} ms`);
    await delay(20);
  }
  return performance.now() - startedAt;
}

/** Waits until a process has left the process table. */
export async function untilGone(pid: number, timeoutMs = 5000): Promise<number> {
  return until(() => !isAlive(pid), timeoutMs);
}
