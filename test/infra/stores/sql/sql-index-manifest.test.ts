import { createSqlIndexManifestStore } from '../../../../src/infra/stores/sql/sql-index-manifest.js';
import { describeIndexManifestContract } from '../../../contract/index-manifest.js';
import { sqlTestDatabases } from '../../../support/sql-databases.js';

for (const databases of sqlTestDatabases()) {
  describeIndexManifestContract(
    databases.name,
    async () => {
      const database = await databases.open();
      return [createSqlIndexManifestStore(database), createSqlIndexManifestStore(database)];
    },
    databases.dispose,
  );
}
