/**
 * The tables as Kysely sees them, one definition for SQLite and PostgreSQL. JSON is text, flags are 0/1, times are
 * milliseconds since the epoch, `no` columns are integers that the database counts.
 */
import type { Generated } from 'kysely';
import type { DocumentStatus, PageStatus } from '../../../domain/document.js';
import type { IngestStepDone } from '../../../domain/ports/ingest-store.js';
import type { JobStatus } from '../../../domain/ports/job-queue.js';

export interface CollectionTable {
  id: string;
  tenant_id: string;
  name: string;
  description: string;
  settings: string;
  /** Live passages and the sum of their lexical lengths: BM25 needs both; kept by publish and tombstone. */
  live_passages: number;
  live_length: number;
  created_at: number;
  updated_at: number;
}

export interface DocumentTable {
  id: string;
  tenant_id: string;
  collection_id: string;
  external_id: string | null;
  title: string;
  /** 1: a person set the title, a file's own title does not replace it. */
  title_pinned: Generated<number>;
  filename: string;
  media_type: string;
  bytes: number;
  sha256: string;
  status: DocumentStatus;
  /** Newest accepted version. */
  version: number;
  /** The version readers see; null until the first publish. The one commit point. */
  live_version: number | null;
  metadata: string;
  acl: string | null;
  error_code: string | null;
  error_detail: string | null;
  created_at: number;
  updated_at: number;
  /** Tombstone: set means invisible to every reader. */
  deleted_at: number | null;
}

export interface DocumentVersionTable {
  document_id: string;
  version: number;
  sha256: string;
  blob_key: string;
  filename: string;
  media_type: string;
  bytes: number;
  step_done: IngestStepDone;
  paged: number;
  language: string | null;
  pages_total: number;
  pages_text: number;
  pages_ocr: number;
  pages_empty: number;
  pages_failed: number;
  passages: number;
  /** Sum of the lexical lengths of the version's passages. */
  lexical_length: number;
  timings: string | null;
  /** What the file calls itself; becomes the document's title when the version is published. */
  title: string | null;
  created_at: number;
  published_at: number | null;
}

export interface PageTable {
  document_id: string;
  version: number;
  number: number;
  label: string | null;
  status: PageStatus;
  reason: string | null;
  text: string;
  /** Block[] as JSON. */
  blocks: string;
}

export interface PassageTable {
  no: Generated<number>;
  id: string;
  tenant_id: string;
  collection_id: string;
  document_id: string;
  version: number;
  ordinal: number;
  page_number: number;
  heading: string;
  context: string;
  start_offset: number;
  end_offset: number;
  text: string;
}

/** A term of one collection. */
export interface LexicalTermTable {
  no: Generated<number>;
  collection_id: string;
  term: string;
}

/**
 * Weighted frequency of a term in a passage, and the passage's length, for BM25 at query time. `segment` follows from
 * `passage_no` and stands first in the key, so that a batch of new passages touches a small part of the tree.
 */
export interface LexicalPostingTable {
  segment: number;
  term_no: number;
  passage_no: number;
  weight: number;
  length: number;
}

/** Segments in which a collection has, or had, postings: where a search looks. */
export interface LexicalSegmentTable {
  collection_id: string;
  segment: number;
}

export interface JobTable {
  id: string;
  kind: string;
  payload: string;
  document_id: string | null;
  status: JobStatus;
  attempts: number;
  max_attempts: number;
  run_at: number;
  /** Rises with every claim. */
  lease_token: number;
  lease_until: number | null;
  worker_id: string | null;
  stage: string;
  progress_done: number;
  progress_total: number;
  result: string | null;
  error_code: string | null;
  error_detail: string | null;
  created_at: number;
  updated_at: number;
}

export interface AnswerTable {
  id: string;
  tenant_id: string;
  status: string;
  answer: string;
  feedback: string | null;
  created_at: number;
  updated_at: number;
}

export interface AnswerEventTable {
  answer_id: string;
  id: number;
  event: string;
  data: string;
}

/** An answer kept under a key that a client chose. `status` null: the work is being done under `token` until `lease_until`. */
export interface IdempotencyKeyTable {
  tenant_id: string;
  key: string;
  route: string;
  fingerprint: string;
  token: string;
  lease_until: number;
  status: number | null;
  location: string | null;
  body: string | null;
  created_at: number;
  expires_at: number;
}

/** Facts about the installation, e.g. the index manifest. */
export interface SettingTable {
  key: string;
  value: string;
}

export interface FootnoteDatabase {
  collection: CollectionTable;
  document: DocumentTable;
  document_version: DocumentVersionTable;
  page: PageTable;
  passage: PassageTable;
  lexical_term: LexicalTermTable;
  lexical_posting: LexicalPostingTable;
  lexical_segment: LexicalSegmentTable;
  job: JobTable;
  answer: AnswerTable;
  answer_event: AnswerEventTable;
  idempotency_key: IdempotencyKeyTable;
  setting: SettingTable;
}
