/** Every store of an installation over one open database, the same for the server, the worker and the command line. */
import { join } from 'node:path';
import { createSqlJobQueue } from '../queue/sql-job-queue.js';
import { createDiskBlobStore } from './blobs/disk-blob-store.js';
import { openDatabase, type SqlDatabase } from './sql/open-database.js';
import { createSqlAnswerLog } from './sql/sql-answer-log.js';
import { createSqlCollectionStore } from './sql/sql-collection-store.js';
import { createSqlDocumentStore } from './sql/sql-document-store.js';
import { createSqlIdempotencyStore } from './sql/sql-idempotency-store.js';
import { createSqlIndexManifestStore } from './sql/sql-index-manifest.js';
import { createSqlIngestStore } from './sql/sql-ingest-store.js';
import { createSqlLexicalIndex } from './sql/sql-lexical-index.js';
import { createSqlLibraryInspector } from './sql/sql-library-inspector.js';
import { createSqlPassageReader } from './sql/sql-passage-reader.js';
import { createSqlRemovalStore } from './sql/sql-removal-store.js';

/** Where the data lies. */
export interface StoreLocation {
  dataDir: string;
  /** Null: SQLite in `dataDir`. */
  databaseUrl: string | null;
  /** Attempts of an ingest job before it is given up. */
  maxAttempts: number;
}

export type Stores = Awaited<ReturnType<typeof createStores>>;

/** Opens the database (migrating it) and builds the stores on it. @throws AppError `storage_unavailable` */
export async function createStores({ dataDir, databaseUrl, maxAttempts }: StoreLocation) {
  const sql: SqlDatabase = await openDatabase(
    databaseUrl === null
      ? { kind: 'sqlite', path: join(dataDir, 'footnote.sqlite') }
      : { kind: 'postgres', url: databaseUrl },
  );
  return {
    collections: createSqlCollectionStore(sql),
    documents: createSqlDocumentStore(sql, { maxAttempts }),
    passages: createSqlPassageReader(sql),
    ingestStore: createSqlIngestStore(sql),
    removalStore: createSqlRemovalStore(sql),
    library: createSqlLibraryInspector(sql),
    lexical: createSqlLexicalIndex(sql),
    queue: createSqlJobQueue(sql),
    answers: createSqlAnswerLog(sql),
    idempotency: createSqlIdempotencyStore(sql),
    manifest: createSqlIndexManifestStore(sql),
    blobs: createDiskBlobStore(join(dataDir, 'blobs')),
    /** A statement that only a working database answers. */
    async probe(): Promise<void> {
      await sql.db.selectFrom('setting').select('key').limit(1).execute();
    },
    close: () => sql.close(),
  };
}
