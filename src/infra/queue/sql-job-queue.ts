/**
 * Durable jobs in one table, the same statements on SQLite and PostgreSQL: a job is taken by one update that picks its row,
 * held by a lease with a fencing token, and judged by the database's clock, so that no two machines' clocks are compared.
 * Jobs that belong to a document are written by the document store in its own transaction (see ../stores/sql/job-rows.ts).
 * Does not: run handlers, wake sleeping workers (they ask again), delete old jobs.
 */
import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import type { Job, JobLease, JobQueue, JobState, JobStatus } from '../../domain/ports/job-queue.js';
import { insertJob } from '../stores/sql/job-rows.js';
import type { SqlDatabase } from '../stores/sql/open-database.js';
import type { FootnoteDatabase, JobTable } from '../stores/sql/schema.js';
import { nowMs } from '../stores/sql/sql-functions.js';

/** Attempts of a job that was sent without a number. */
const DEFAULT_MAX_ATTEMPTS = 3;

const ABANDONED = {
  code: 'job_abandoned',
  detail: 'The job was given up: its worker ended before the job did, at every attempt.',
};

type JobRow = Selectable<JobTable>;
type ClaimOptions = Parameters<JobQueue['claim']>[0];

/** The queue of an installation; any number of processes may use one at the same time. */
export function createSqlJobQueue(database: SqlDatabase): JobQueue {
  const { db } = database;
  return {
    enqueue: ({ documentId = null, maxAttempts = DEFAULT_MAX_ATTEMPTS, ...job }) =>
      insertJob(db, database.dialect, { ...job, documentId, maxAttempts }),

    async find(jobId) {
      const row = await db.selectFrom('job').selectAll().where('id', '=', jobId).executeTakeFirst();
      return row === undefined ? null : toState(row);
    },

    async claim(options) {
      for (;;) {
        const row = await claimNext(database, options);
        if (row === null) return null;
        if (row.status === 'running') return toJob(row);
        await options.onAbandoned?.({ ...toState(row), payload: JSON.parse(row.payload) });
      }
    },

    ...leaseHolder(database),
    ...leaseReturner(database),

    async expireLeases(workerId) {
      const running = db.updateTable('job').set({ lease_until: 0 }).where('status', '=', 'running');
      const query = workerId === null ? running : running.where('worker_id', '=', workerId);
      return Number((await query.executeTakeFirst()).numUpdatedRows);
    },

    async counts() {
      const counts: Record<JobStatus, number> = { queued: 0, running: 0, done: 0, dead: 0, cancelled: 0 };
      const rows = await db
        .selectFrom('job')
        .select(['status', ({ fn }) => fn.countAll<number>().as('count')])
        .groupBy('status')
        .execute();
      for (const { status, count } of rows) counts[status] = count;
      return counts;
    },
  };
}

/** What the holder of a lease may do. Every write names the token, so that one which lost the lease changes nothing. */
function leaseHolder(database: SqlDatabase): Pick<JobQueue, 'heartbeat' | 'progress' | 'complete' | 'fail'> {
  const now = nowMs(database.dialect);
  const ended = { lease_until: null, updated_at: now };
  const held = (lease: JobLease) => heldJob(database, lease);
  return {
    async heartbeat(lease, leaseMs) {
      const lease_until = sql<number>`${now} + ${leaseMs}`;
      return changedOne(await held(lease).set({ lease_until, updated_at: now }).executeTakeFirst());
    },

    async progress(lease, { stage, done, total }) {
      await held(lease).set({ stage, progress_done: done, progress_total: total, updated_at: now }).execute();
    },

    async complete(lease, result) {
      const written = {
        status: 'done',
        result: JSON.stringify(result) ?? null,
        error_code: null,
        error_detail: null,
      } as const;
      return changedOne(
        await held(lease)
          .set({ ...ended, ...written })
          .executeTakeFirst(),
      );
    },

    async fail(lease, error) {
      const written = { status: 'dead', error_code: error.code, error_detail: error.detail } as const;
      return changedOne(
        await held(lease)
          .set({ ...ended, ...written })
          .executeTakeFirst(),
      );
    },
  };
}

/** The ways back to the queue, under the same guard. */
function leaseReturner(database: SqlDatabase): Pick<JobQueue, 'retry' | 'postpone' | 'release'> {
  const now = nowMs(database.dialect);
  const ended = { lease_until: null, updated_at: now };
  const held = (lease: JobLease) => heldJob(database, lease);
  return {
    async retry(lease, error, delayMs) {
      const row = await held(lease)
        .set(({ eb }) => ({
          ...ended,
          status: eb
            .case()
            .when('attempts', '>=', eb.ref('max_attempts'))
            .then('dead' as const)
            .else('queued' as const)
            .end(),
          run_at: sql<number>`${now} + ${delayMs}`,
          error_code: error.code,
          error_detail: error.detail,
        }))
        .returning('status')
        .executeTakeFirst();
      if (row === undefined) return 'lost';
      return row.status === 'dead' ? 'dead' : 'queued';
    },

    async postpone(lease, error, delayMs) {
      const query = held(lease).set({
        ...ended,
        status: 'queued',
        attempts: sql<number>`attempts - 1`,
        run_at: sql<number>`${now} + ${delayMs}`,
        error_code: error.code,
        error_detail: error.detail,
      });
      return changedOne(await query.executeTakeFirst());
    },

    async release(lease) {
      await held(lease)
        .set({ ...ended, status: 'queued', attempts: sql<number>`attempts - 1` })
        .execute();
    },
  };
}

function heldJob({ db }: SqlDatabase, lease: JobLease) {
  return db
    .updateTable('job')
    .where('id', '=', lease.jobId)
    .where('lease_token', '=', lease.token)
    .where('status', '=', 'running');
}

function changedOne({ numUpdatedRows }: { numUpdatedRows: bigint }): boolean {
  return numUpdatedRows === 1n;
}

/**
 * Takes the first due job by `run_at`, then id. One whose attempts are used up becomes dead in the same statement and comes
 * back as such. Null: nothing is due.
 */
async function claimNext(database: SqlDatabase, options: ClaimOptions): Promise<JobRow | null> {
  if (options.kinds.length === 0) return null;
  const now = nowMs(database.dialect);
  const row = await database.db
    .updateTable('job')
    .where('id', '=', (eb) => firstDue(eb, database, options.kinds))
    .set(({ eb }) => {
      const usedUp = eb('attempts', '>=', eb.ref('max_attempts'));
      return {
        status: eb
          .case()
          .when(usedUp)
          .then('dead' as const)
          .else('running' as const)
          .end(),
        attempts: eb.case().when(usedUp).then(eb.ref('attempts')).else(sql<number>`attempts + 1`).end(),
        error_code: eb.case().when(usedUp).then(ABANDONED.code).else(eb.ref('error_code')).end(),
        error_detail: eb.case().when(usedUp).then(ABANDONED.detail).else(eb.ref('error_detail')).end(),
        lease_token: sql<number>`lease_token + 1`,
        lease_until: eb.case().when(usedUp).then(null).else(sql<number>`${now} + ${options.leaseMs}`).end(),
        worker_id: options.workerId,
        updated_at: now,
      };
    })
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/**
 * Queued jobs and jobs with a lease that ran out are two index ranges; the first of each is found without reading the rest
 * of the queue. On PostgreSQL both are locked, rows that another claim has locked are passed over.
 */
function firstDue(eb: ExpressionBuilder<FootnoteDatabase, 'job'>, { dialect }: SqlDatabase, kinds: string[]) {
  const now = nowMs(dialect);
  const first = (status: 'queued' | 'running') => {
    const candidates = eb
      .selectFrom('job as candidate')
      .select(['candidate.id', 'candidate.run_at'])
      .where('candidate.status', '=', status)
      .where('candidate.kind', 'in', kinds)
      .where(status === 'queued' ? 'candidate.run_at' : 'candidate.lease_until', status === 'queued' ? '<=' : '<', now)
      .orderBy('candidate.run_at')
      .orderBy('candidate.id')
      .limit(1);
    return dialect === 'postgres' ? candidates.forUpdate().skipLocked() : candidates;
  };
  return eb
    .selectFrom((from) =>
      from
        .selectFrom(first('queued').as('queued'))
        .selectAll()
        .unionAll(from.selectFrom(first('running').as('expired')).selectAll())
        .as('due'),
    )
    .select('due.id')
    .orderBy('due.run_at')
    .orderBy('due.id')
    .limit(1);
}

function toJob(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind,
    payload: JSON.parse(row.payload) as unknown,
    attempt: row.attempts,
    maxAttempts: row.max_attempts,
    lease: { jobId: row.id, token: row.lease_token },
  };
}

function toState(row: JobRow): JobState {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    attempts: row.attempts,
    result: row.result === null ? null : (JSON.parse(row.result) as unknown),
    error: row.error_code === null ? null : { code: row.error_code, detail: row.error_detail ?? '' },
  };
}
