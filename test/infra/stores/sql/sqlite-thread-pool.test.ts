import { expect, it } from 'vitest';
import { createSqliteThreadPool } from '../../../../src/infra/stores/sql/sqlite-thread-pool.js';
import type { SqliteThread } from '../../../../src/infra/stores/sql/start-sqlite-thread.js';

/** Threads that only know whether they live. */
function fakeThreads() {
  const started: (SqliteThread & { die(): void; closed: boolean })[] = [];
  const start = async (): Promise<SqliteThread> => {
    let dead = false;
    const thread = {
      closed: false,
      run: async () => ({ rows: [], changes: null }),
      ended: () => dead,
      die: () => {
        dead = true;
      },
      close: async () => {
        thread.closed = true;
      },
    };
    started.push(thread);
    return thread;
  };
  return { started, start };
}

it('hands each thread to one caller at a time, in the order they came', async () => {
  const pool = await createSqliteThreadPool(fakeThreads().start, 1);
  const first = await pool.acquire();
  const order: string[] = [];
  const second = pool.acquire().then((thread) => {
    order.push('second');
    pool.release(thread);
  });
  const third = pool.acquire().then(() => order.push('third'));
  expect(order).toEqual([]);
  pool.release(first);
  await Promise.all([second, third]);
  expect(order).toEqual(['second', 'third']);
});

it('replaces a thread that has died', async () => {
  const { started, start } = fakeThreads();
  const pool = await createSqliteThreadPool(start, 1);
  const thread = await pool.acquire();
  started[0]?.die();
  pool.release(thread);
  expect(await pool.acquire()).toBe(started[1]);
  await pool.close();
  expect(started.map(({ closed }) => closed)).toEqual([false, true]);
});

it('tries again later when a dead thread could not be replaced', async () => {
  const { started, start } = fakeThreads();
  let broken = false;
  const pool = await createSqliteThreadPool(() => (broken ? Promise.reject(new Error('no disk')) : start()), 1);
  started[0]?.die();
  broken = true;
  await expect(pool.acquire()).rejects.toThrow('no disk');
  broken = false;
  expect(await pool.acquire()).toBe(started[1]);
});

it('ends the threads that did start when one cannot', async () => {
  const { started, start } = fakeThreads();
  let count = 0;
  const startMostly = () => {
    count += 1;
    return count === 2 ? Promise.reject(new Error('no memory')) : start();
  };
  await expect(createSqliteThreadPool(startMostly, 3)).rejects.toThrow('no memory');
  expect(started.map(({ closed }) => closed)).toEqual([true, true]);
});
