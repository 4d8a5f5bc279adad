/**
 * What happened, typed, one call for log, metric and (later) trace. Ids and sizes only: no document text, no question,
 * no name that a user chose.
 */
export interface AppEvents {
  documentAccepted(event: { documentId: string; bytes: number; mediaType: string; duplicate: boolean }): void;
  documentIngested(event: { documentId: string; version: number; passages: number; totalMs: number }): void;
  documentFailed(event: { documentId: string; version: number; code: string }): void;
  documentRemoved(event: { documentId: string; passages: number; vectors: number }): void;
  jobRetried(event: { jobId: string; kind: string; attempt: number; code: string; cause?: unknown }): void;
  jobDead(event: { jobId: string; kind: string; code: string }): void;
  searched(event: { mode: string; hits: number; dropped: number; totalMs: number }): void;
  /** An index named passages that SQL does not know as live for this tenant and scope. */
  hitsDropped(event: { leg: 'lexical' | 'vector'; count: number }): void;
  questionAnswered(event: {
    answerId: string;
    model: string;
    refused: boolean;
    degraded: boolean;
    grounded: boolean;
    totalMs: number;
    status: string;
    /** Of a failed answer: the error's code and the original error. */
    code?: string;
    cause?: unknown;
  }): void;
  /** The model cited an address that does not exist. */
  citationDropped(event: { answerId: string; count: number }): void;
  modelFailed(event: { model: string; code: string; cause?: unknown }): void;
  childProcess(event: {
    name: string;
    state: 'started' | 'exited' | 'restarting' | 'stopped';
    pid: number | null;
    detail?: string;
  }): void;
}
