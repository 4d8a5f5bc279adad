/** Durable background jobs with leases: at least once, never lost, one holder at a time. */

/** The right to work on a job. `token` rises with every claim (fencing): writes with an older one are refused. */
export interface JobLease {
  jobId: string;
  token: number;
}

export interface Job {
  id: string;
  kind: string;
  payload: unknown;
  /** 1 at the first try. */
  attempt: number;
  maxAttempts: number;
  lease: JobLease;
}

export type JobStatus = 'queued' | 'running' | 'done' | 'dead' | 'cancelled';

export interface JobState {
  id: string;
  kind: string;
  status: JobStatus;
  attempts: number;
  /** What the handler gave to `complete`. */
  result: unknown;
  error: { code: string; detail: string } | null;
}

export interface JobSender {
  /** Jobs that belong to a document are sent by the document store, in its transaction; this is for the others. */
  enqueue(job: { kind: string; payload: unknown; documentId?: string; maxAttempts?: number }): Promise<string>;
  find(jobId: string): Promise<JobState | null>;
}

export interface JobTaker {
  /**
   * The next job of one of the kinds that is due, or whose holder let its lease run out; null when there is none.
   * Attempts are counted here, before the work, so that a job that kills its worker is found out: one whose attempts
   * are used up is not given but marked dead with `job_abandoned`, and reported through `onAbandoned`.
   */
  claim(options: {
    kinds: string[];
    workerId: string;
    leaseMs: number;
    onAbandoned?: (job: JobState & { payload: unknown }) => Promise<void>;
  }): Promise<Job | null>;
  /** Extends the lease. False: it was lost or the job cancelled, stop working. */
  heartbeat(lease: JobLease, leaseMs: number): Promise<boolean>;
  /** Progress for those who watch; ignored without the lease. */
  progress(lease: JobLease, progress: { stage: string; done: number; total: number }): Promise<void>;
  complete(lease: JobLease, result?: unknown): Promise<boolean>;
  /** Back to the queue after `delayMs`, or dead when the attempts are used up. */
  retry(lease: JobLease, error: { code: string; detail: string }, delayMs: number): Promise<'queued' | 'dead' | 'lost'>;
  /**
   * Back to the queue after `delayMs` without counting the attempt: what the job needs is away, nothing is wrong with it.
   * False: the lease was lost.
   */
  postpone(lease: JobLease, error: { code: string; detail: string }, delayMs: number): Promise<boolean>;
  /** Given up for good. */
  fail(lease: JobLease, error: { code: string; detail: string }): Promise<boolean>;
  /**
   * The leases of a worker that is known to be gone (null: of every worker, when there can be none) end now instead of when
   * they run out, so that the next worker need not wait. Returns how many.
   */
  expireLeases(workerId: string | null): Promise<number>;
  /** Gives a job back unharmed (shutdown): its attempt does not count. */
  release(lease: JobLease): Promise<void>;
}

export interface JobInspector {
  /** Jobs by status. */
  counts(): Promise<Record<JobStatus, number>>;
}

export type JobQueue = JobSender & JobTaker & JobInspector;

/** Thrown by stores when a write came with a lease that is no longer held. */
export class LeaseLostError extends Error {
  constructor() {
    super('the lease of this job was lost');
    this.name = 'LeaseLostError';
  }
}
