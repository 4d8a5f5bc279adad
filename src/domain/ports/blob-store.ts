/** Original bytes by key. Keys are generated, never taken from a user. */
export interface BlobStore {
  /** Moves a finished file in under `key`, durably (fsync). @throws AppError `storage_full`, `storage_unavailable` */
  putFile(key: string, path: string): Promise<void>;
  /** Stores bytes under `key`, durably. Same errors. */
  putBytes(key: string, bytes: Uint8Array): Promise<void>;
  /** The whole blob. @throws AppError `not_found` */
  read(key: string): Promise<Uint8Array>;
  /** A stream of the blob, or of the bytes `start`..`end` (inclusive). @throws AppError `not_found` */
  open(key: string, range?: { start: number; end: number }): Promise<AsyncIterable<Uint8Array>>;
  /** Size in bytes, null when absent. */
  size(key: string): Promise<number | null>;
  /** True when there was one. */
  remove(key: string): Promise<boolean>;
  /** All keys. */
  list(): Promise<string[]>;
}
