/**
 * The child's half of supervision: it ends when its parent is gone, however the parent went (kill -9 included). The
 * signal is the end of stdin, a pipe whose other end only the parent holds; the operating system closes it.
 * Only for programs started by supervised-child.ts: with a terminal or /dev/null as stdin it would end too early.
 */
import { Worker } from 'node:worker_threads';

/** The supervisor adds this argument, so that a program knows that its stdin is the parent's pipe. */
export const SUPERVISED_FLAG = '--supervised';

/** True when this program was started by supervised-child.ts. */
export function isSupervised(argv: readonly string[] = process.argv): boolean {
  return argv.includes(SUPERVISED_FLAG);
}

/**
 * For an ordinary node program: runs `shutdown` when the parent is gone, then exits; after `graceMs` it exits in any
 * case. Exit code 0 when `shutdown` came through, 1 otherwise. Needs a live event loop; see `isSupervised`.
 */
export function exitWithParent(options: { shutdown: () => Promise<void>; graceMs: number }): void {
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    setTimeout(() => process.exit(1), options.graceMs).unref();
    options.shutdown().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.stdin.once('end', end).once('close', end).once('error', end);
  process.stdin.resume();
}

/**
 * Watches stdin (file descriptor 0) on the event loop of a thread and ends the whole process at its end. Not a blocking
 * read: node waits for its threads at exit, so one that hangs in a system call would keep the program from exiting.
 */
const WATCH_SOURCE = `
const { Socket } = require('node:net');
const { parentPort } = require('node:worker_threads');
const end = () => process.kill(process.pid, 'SIGKILL');
new Socket({ fd: 0, readable: true, writable: false }).on('end', end).on('close', end).on('error', end).resume();
parentPort.postMessage('watching');
`;

/**
 * For a program whose main thread is going to block for ever in native code: a second thread waits for the end of the
 * parent and then kills this process with SIGKILL. Resolves when that thread is on watch; call it before blocking.
 * The thread's source is inline so that it needs no loader when the program runs from TypeScript sources.
 */
export async function killSelfWithParent(): Promise<void> {
  const worker = new Worker(WATCH_SOURCE, { eval: true, execArgv: [] });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
}
