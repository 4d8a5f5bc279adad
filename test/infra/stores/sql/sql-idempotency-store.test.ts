import { createSqlIdempotencyStore } from '../../../../src/infra/stores/sql/sql-idempotency-store.js';
import { describeIdempotencyStoreContract } from '../../../contract/idempotency-store.js';
import { sqlTestDatabases } from '../../../support/sql-databases.js';

for (const databases of sqlTestDatabases()) {
  describeIdempotencyStoreContract(
    databases.name,
    async () => createSqlIdempotencyStore(await databases.open()),
    databases.dispose,
  );
}
