import { z } from 'zod';
import type { IndexManifest, IndexManifestStore } from '../../../domain/ports/index-manifest.js';
import type { SqlDatabase } from './open-database.js';

/** The row of `setting` that holds the manifest. */
const KEY = 'index-manifest';

const manifestSchema = z.object({ embedderId: z.string(), dimension: z.number().int() });

/** The index manifest as one row of `setting`. */
export function createSqlIndexManifestStore({ db }: SqlDatabase): IndexManifestStore {
  async function read(): Promise<IndexManifest | null> {
    const row = await db.selectFrom('setting').select('value').where('key', '=', KEY).executeTakeFirst();
    return row === undefined ? null : manifestSchema.parse(JSON.parse(row.value));
  }

  return {
    read,

    async writeOnce(manifest) {
      await db
        .insertInto('setting')
        .values({ key: KEY, value: JSON.stringify(manifest) })
        .onConflict((conflict) => conflict.column('key').doNothing())
        .execute();
      return (await read()) ?? manifest;
    },

    async replace(manifest) {
      const value = JSON.stringify(manifest);
      await db
        .insertInto('setting')
        .values({ key: KEY, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
    },
  };
}
