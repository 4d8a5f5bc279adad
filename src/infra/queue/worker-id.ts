import { hostname } from 'node:os';

/** Names a worker process in the job table, for its own claims and for the supervisor that sees it end. */
export function workerIdOf(pid: number): string {
  return `${hostname()}:${pid}`;
}
