/**
 * A worker process for tests of the queue: takes jobs of kind `work` until none is due, prints the id of each one that it
 * was allowed to complete. Argument: the options of openDatabase as JSON. A job with payload `{"die":true}` ends the
 * process at once.
 */
import { createSqlJobQueue } from '../../src/infra/queue/sql-job-queue.js';
import { type OpenDatabaseOptions, openDatabase } from '../../src/infra/stores/sql/open-database.js';

const database = await openDatabase(JSON.parse(process.argv[2] ?? '') as OpenDatabaseOptions);
const queue = createSqlJobQueue(database);
for (;;) {
  const job = await queue.claim({ kinds: ['work'], workerId: String(process.pid), leaseMs: 2000 });
  if (job === null) break;
  if ((job.payload as { die?: boolean }).die === true && job.attempt === 1) process.kill(process.pid, 'SIGKILL');
  if (await queue.complete(job.lease)) process.stdout.write(`${job.id}\n`);
}
await database.close();
