/** The `job` rows that stores write, in their own transactions; taking and ending jobs is the queue's business. */
import type { Kysely, Transaction } from 'kysely';
import { newId } from '../../../domain/ids.js';
import { type JobLease, LeaseLostError } from '../../../domain/ports/job-queue.js';
import type { FootnoteDatabase } from './schema.js';
import { nowMs, type SqlDialect } from './sql-functions.js';

/** A job that is due at once. */
interface NewJob {
  kind: string;
  payload: unknown;
  /** The document it is about. */
  documentId: string | null;
  maxAttempts: number;
}

/** Queues a job; in a transaction it exists when that commits. Returns its id. */
export async function insertJob(db: Kysely<FootnoteDatabase>, dialect: SqlDialect, job: NewJob): Promise<string> {
  const id = newId('job');
  await db
    .insertInto('job')
    .values({
      id,
      kind: job.kind,
      payload: JSON.stringify(job.payload),
      document_id: job.documentId,
      status: 'queued',
      attempts: 0,
      max_attempts: job.maxAttempts,
      run_at: nowMs(dialect),
      lease_token: 0,
      lease_until: null,
      worker_id: null,
      stage: 'queued',
      progress_done: 0,
      progress_total: 0,
      result: null,
      error_code: null,
      error_detail: null,
      created_at: nowMs(dialect),
      updated_at: nowMs(dialect),
    })
    .execute();
  return id;
}

/**
 * Fencing: goes on only while the job is running under this lease. It is a write, so the job's row stays locked until the
 * transaction ends and nobody can take the job over between this check and the commit. Call it first: every
 * transaction locks job, document, collection in this order.
 * @throws LeaseLostError
 */
export async function holdLease(
  transaction: Transaction<FootnoteDatabase>,
  dialect: SqlDialect,
  lease: JobLease,
): Promise<void> {
  const { numUpdatedRows } = await transaction
    .updateTable('job')
    .set({ updated_at: nowMs(dialect) })
    .where('id', '=', lease.jobId)
    .where('lease_token', '=', lease.token)
    .where('status', '=', 'running')
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new LeaseLostError();
}
