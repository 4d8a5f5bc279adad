/** A program for tests: accepts documents into the SQLite file given, one line per acknowledgement, until it is killed. */
import { openDatabase } from '../../src/infra/stores/sql/open-database.js';
import { newTenant, sampleFile } from '../contract/library-subject.js';
import { createSqlLibrary } from './sql-library.js';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: accept-until-killed.ts PATH');
const library = createSqlLibrary(await openDatabase({ kind: 'sqlite', path }));
const tenantId = newTenant();
const { id: collectionId } = await library.collections.ensureDefault(tenantId);
for (;;) {
  const file = sampleFile({ tenantId, collectionId });
  await library.documents.accept(file);
  process.stdout.write(`${tenantId} ${file.documentId}\n`);
}
