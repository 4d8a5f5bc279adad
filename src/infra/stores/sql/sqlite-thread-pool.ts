import type { SqliteThread } from './start-sqlite-thread.js';

/** Threads that are handed out to one caller at a time, first come, first served. */
export interface SqliteThreadPool {
  /** Waits for a free thread. One that has died (out of memory) is replaced here. @throws what starting one throws */
  acquire(): Promise<SqliteThread>;
  release(thread: SqliteThread): void;
  /** Ends all threads, each after what it is doing. */
  close(): Promise<void>;
}

/** Starts `size` threads at once. When one cannot start, the others are ended and its error is thrown. */
export async function createSqliteThreadPool(
  start: () => Promise<SqliteThread>,
  size: number,
): Promise<SqliteThreadPool> {
  const started = await Promise.allSettled(Array.from({ length: size }, start));
  const threads = new Set(started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  const closeAll = async (): Promise<void> => {
    await Promise.all([...threads].map((thread) => thread.close()));
  };
  const failure = started.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await closeAll();
    throw failure.reason;
  }

  const free = [...threads];
  const queue: ((thread: SqliteThread) => void)[] = [];
  const release = (thread: SqliteThread): void => {
    const next = queue.shift();
    if (next === undefined) free.push(thread);
    else next(thread);
  };
  return {
    async acquire() {
      const thread = free.shift() ?? (await new Promise<SqliteThread>((resolve) => queue.push(resolve)));
      if (!thread.ended()) return thread;
      try {
        const replacement = await start();
        threads.delete(thread);
        threads.add(replacement);
        return replacement;
      } catch (error) {
        release(thread);
        throw error;
      }
    },
    release,
    close: closeAll,
  };
}
