import { afterAll } from 'vitest';
import { describeCollectionStoreContract } from '../../../contract/collection-store.js';
import { describeDocumentStoreContract } from '../../../contract/document-store.js';
import { describeIngestStoreContract } from '../../../contract/ingest-store.js';
import { sqlTestDatabases } from '../../../support/sql-databases.js';
import { createSqlLibrary } from '../../../support/sql-library.js';

for (const kind of sqlTestDatabases()) {
  const makeSubject = async () => {
    const database = await kind.open();
    return { ...createSqlLibrary(database), close: async () => undefined };
  };
  describeCollectionStoreContract(kind.name, makeSubject);
  describeDocumentStoreContract(kind.name, makeSubject);
  describeIngestStoreContract(kind.name, makeSubject);
  afterAll(() => kind.dispose());
}
