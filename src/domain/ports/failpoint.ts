/**
 * A named place where a test may make the process die, throw, hang or wait. In production it does nothing.
 * Names: `upload.before_commit`, `ingest.parse`, `ingest.embed`, `ingest.after_vectors`, … (CONTRIBUTING.md lists them).
 */
export type Failpoint = (name: string) => Promise<void>;

/** The failpoint of production. */
export const noFailpoint: Failpoint = async () => {};
