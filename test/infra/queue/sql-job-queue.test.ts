import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { JobQueue } from '../../../src/domain/ports/job-queue.js';
import { createSqlJobQueue } from '../../../src/infra/queue/sql-job-queue.js';
import {
  type OpenDatabaseOptions,
  openDatabase,
  type SqlDatabase,
} from '../../../src/infra/stores/sql/open-database.js';
import { describeJobQueueContract } from '../../contract/job-queue.js';
import { sqlTestDatabases } from '../../support/sql-databases.js';

const ROOT = new URL('../../../', import.meta.url).pathname;

for (const databases of sqlTestDatabases()) {
  const opened: SqlDatabase[] = [];
  const dispose = async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
    await databases.dispose();
  };

  async function open(options: OpenDatabaseOptions): Promise<SqlDatabase> {
    const database = await openDatabase({ ...options, connections: 2 });
    opened.push(database);
    return database;
  }

  describeJobQueueContract(
    databases.name,
    async () => {
      const options = await databases.create();
      const first = await open(options);
      const others: JobQueue[] = [];
      for (let count = 0; count < 3; count += 1) others.push(createSqlJobQueue(await open(options)));
      return {
        queue: createSqlJobQueue(first),
        others,
        async cancel(jobId) {
          await first.db.updateTable('job').set({ status: 'cancelled' }).where('id', '=', jobId).execute();
        },
        async progressOf(jobId) {
          const query = first.db.selectFrom('job').where('id', '=', jobId);
          return (
            (await query.select(['stage', 'progress_done as done', 'progress_total as total']).executeTakeFirst()) ??
            null
          );
        },
      };
    },
    dispose,
  );

  describe(`${databases.name} under four worker processes`, () => {
    afterAll(dispose);

    it('has every job done once, also those whose worker was killed', { timeout: 100_000 }, async () => {
      const options = await databases.create();
      const queue = createSqlJobQueue(await open(options));
      const sent: string[] = [];
      for (let at = 0; at < 500; at += 1)
        sent.push(await queue.enqueue({ kind: 'work', payload: { die: at === 250 } }));
      const firstRound = await Promise.all([1, 2, 3, 4].map(() => runWorker(options)));
      await sleep(2100);
      const secondRound = await runWorker(options);
      const done = [...firstRound.flatMap(({ jobs }) => jobs), ...secondRound.jobs];
      expect(done.toSorted()).toEqual(sent.toSorted());
      expect(firstRound.map(({ signal }) => signal).filter((signal) => signal !== null)).toEqual(['SIGKILL']);
      expect(secondRound.jobs).toContain(sent[250]);
      expect(await queue.find(sent[250] as string)).toMatchObject({ status: 'done', attempts: 2 });
    });
  });
}

function runWorker(options: OpenDatabaseOptions): Promise<{ jobs: string[]; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/support/queue-worker.ts', JSON.stringify(options)],
      {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => resolve({ jobs: output.split('\n').filter((line) => line !== ''), signal }));
  });
}
