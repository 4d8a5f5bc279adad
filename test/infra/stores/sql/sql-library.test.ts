import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { passageId } from '../../../../src/domain/ids.js';
import type { SqlDatabase } from '../../../../src/infra/stores/sql/open-database.js';
import { createSqlLibraryInspector } from '../../../../src/infra/stores/sql/sql-library-inspector.js';
import {
  type LibrarySubject,
  newTenant,
  publishedDocument,
  sampleChunks,
  sampleFile,
  samplePages,
  sampleTimings,
} from '../../../contract/library-subject.js';
import { sqlTestDatabases } from '../../../support/sql-databases.js';
import { createSqlLibrary } from '../../../support/sql-library.js';

describe.each(sqlTestDatabases())('the library in $name', (kind) => {
  let database: SqlDatabase;
  let subject: LibrarySubject;
  beforeAll(async () => {
    database = await kind.open();
    subject = { ...createSqlLibrary(database), close: async () => undefined };
  });
  afterAll(() => kind.dispose());

  const counters = (collectionId: string) =>
    database.db
      .selectFrom('collection')
      .select(['live_passages', 'live_length'])
      .where('id', '=', collectionId)
      .executeTakeFirstOrThrow();

  /** A second version row, its job taken: what accepting new content for a document leaves. */
  const startSecondVersion = async (documentId: string) => {
    const { db } = database;
    const old = await db
      .selectFrom('document_version')
      .selectAll()
      .where('document_id', '=', documentId)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('document_version')
      .values({ ...old, version: 2, blob_key: 'second', step_done: 'none' })
      .execute();
    await db.updateTable('document').set({ version: 2 }).where('id', '=', documentId).execute();
    const lease = await subject.takeJob(documentId);
    const target = await subject.ingest.findTarget(documentId, 2);
    if (lease === null || target === null) throw new Error('there is nothing to ingest');
    return { lease, target };
  };

  it('keeps the old version ready until the new one is published, then switches and counts right', async () => {
    const { tenantId, collectionId, documentId, file } = await publishedDocument(subject);
    expect(await counters(collectionId)).toEqual({ live_passages: 3, live_length: 30.5 });
    const { lease, target } = await startSecondVersion(documentId);
    expect(target.liveVersion).toBe(1);
    await subject.ingest.begin(lease, target);
    expect(await subject.documents.find(tenantId, documentId)).toMatchObject({
      status: 'ready',
      version: 2,
      passages: 3,
    });
    await subject.ingest.savePages(lease, target, {
      pages: samplePages.slice(0, 1),
      paged: true,
      title: null,
      language: 'de',
    });
    await subject.ingest.saveChunks(lease, target, sampleChunks.slice(0, 1));
    const versionsSeen = async () => {
      const { data } = await subject.documents.listPassages(tenantId, documentId, { limit: 9, cursor: null });
      return data.map(({ version }) => version);
    };
    expect(await versionsSeen()).toEqual([1, 1, 1]);
    const inspector = createSqlLibraryInspector(database);
    expect(await inspector.listPassageIdsInProgress(collectionId)).toEqual([passageId(documentId, 2, 0)]);
    expect(await subject.ingest.supersededVersions(documentId)).toEqual([]);

    await subject.ingest.publish(lease, target, { timings: sampleTimings, indexedLength: 7.25 });
    expect(await versionsSeen()).toEqual([2]);
    expect(await counters(collectionId)).toEqual({ live_passages: 1, live_length: 7.25 });
    expect(await subject.ingest.supersededVersions(documentId)).toEqual([1]);
    expect(await subject.ingest.removeVersion(documentId, 1)).toEqual({ blobKey: file.blobKey });
    expect(await subject.ingest.countChunks(documentId, 1)).toBe(0);
    expect(await inspector.findLiveVersion(documentId)).toEqual({
      collectionId,
      documentId,
      version: 2,
      title: file.title,
    });
  });

  it('keeps the old version live when the new one fails', async () => {
    const { tenantId, documentId } = await publishedDocument(subject);
    const { lease, target } = await startSecondVersion(documentId);
    await subject.ingest.fail(lease, target, { code: 'corrupt', detail: 'The file is damaged.' }, null);
    expect(await subject.documents.find(tenantId, documentId)).toMatchObject({ status: 'failed', passages: 3 });
    expect(await subject.documents.findPage(tenantId, documentId, 1)).toMatchObject({ version: 1 });
  });

  it('brings the counters back to nothing when the last document goes', async () => {
    const first = await publishedDocument(subject);
    const second = await publishedDocument(subject, { tenantId: first.tenantId });
    expect(await counters(first.collectionId)).toEqual({ live_passages: 6, live_length: 61 });
    await subject.documents.tombstone(first.tenantId, first.documentId);
    expect(await counters(first.collectionId)).toEqual({ live_passages: 3, live_length: 30.5 });
    await subject.documents.tombstone(first.tenantId, second.documentId);
    expect(await counters(first.collectionId)).toEqual({ live_passages: 0, live_length: 0 });
  });

  it('shows how far the newest ingest job is', async () => {
    const { tenantId, documentId, lease } = await publishedDocument(subject);
    const progress = { stage: 'embed', progress_done: 3, progress_total: 10 };
    await database.db.updateTable('job').set(progress).where('id', '=', lease.jobId).execute();
    expect(await subject.documents.progress(tenantId, documentId)).toEqual({ stage: 'embed', done: 3, total: 10 });
  });

  it('takes the postings of passages with them', async () => {
    const { db } = database;
    const { tenantId, documentId } = await publishedDocument(subject);
    const { no } = await db
      .selectFrom('passage')
      .select('no')
      .where('document_id', '=', documentId)
      .limit(1)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('lexical_posting')
      .values({ segment: 1, term_no: 1, passage_no: no, weight: 1, length: 1 })
      .execute();
    await subject.documents.tombstone(tenantId, documentId);
    await subject.removal.purge(documentId);
    expect(await db.selectFrom('lexical_posting').selectAll().where('passage_no', '=', no).execute()).toEqual([]);
  });

  it('keeps text that databases cannot keep, but for the impossible characters', async () => {
    const tenantId = newTenant();
    const { id: collectionId } = await subject.collections.ensureDefault(tenantId);
    const title = 'a\u0000b\ud800c 😀';
    const { document } = await subject.documents.accept(
      sampleFile({ tenantId, collectionId }, { title, metadata: { note: 'x\u0000y' } }),
    );
    expect(document.title).toBe('a\ufffdb\ufffdc 😀');
    expect(document.metadata).toEqual({ note: 'x\ufffdy' });
  });

  it('survives accepting, ingesting and deleting the same content all at once', async () => {
    const tenantId = newTenant();
    const { id: collectionId } = await subject.collections.ensureDefault(tenantId);
    const { sha256 } = sampleFile({ tenantId, collectionId });
    const round = async () => {
      const { document } = await subject.documents.accept(sampleFile({ tenantId, collectionId }, { sha256 }));
      await subject.documents.tombstone(tenantId, document.id);
      return document.id;
    };
    const ids = new Set(await Promise.all(Array.from({ length: 20 }, round)));
    expect((await subject.documents.list(tenantId, { collectionId, limit: 50, cursor: null })).data).toEqual([]);
    for (const id of ids)
      expect((await subject.listJobs(id)).map(({ kind }) => kind)).toEqual(['ingest-document', 'remove-document']);
  });

  describe('the inspector', () => {
    it('lists what should be searchable', async () => {
      const inspector = createSqlLibraryInspector(database);
      const { tenantId, collectionId, documentId, file } = await publishedDocument(subject);
      await subject.documents.accept(sampleFile({ tenantId, collectionId }));
      expect(await inspector.listCollections()).toContainEqual({
        id: collectionId,
        tenantId,
        name: 'default',
        passages: 3,
      });
      const live = { documentId, version: 1, blobKey: file.blobKey, passages: 3 };
      expect(await inspector.listLiveVersions(collectionId)).toEqual([live]);
      const ids = [0, 1, 2].map((ordinal) => passageId(documentId, 1, ordinal));
      expect(await inspector.listPassageIds(documentId, 1)).toEqual(ids);
      expect(await inspector.listPassageIdsInProgress(collectionId)).toEqual([]);
      expect(await inspector.listBlobKeys()).toContain(file.blobKey);
      await subject.documents.tombstone(tenantId, documentId);
      expect(await inspector.listLiveVersions(collectionId)).toEqual([]);
      expect(await inspector.findLiveVersion(documentId)).toBeNull();
    });

    it('finds passages that are not the text of their page', async () => {
      const inspector = createSqlLibraryInspector(database);
      const { documentId } = await publishedDocument(subject);
      expect(await inspector.countInexactPassages()).toBe(0);
      await database.db
        .updateTable('passage')
        .set({ start_offset: 1 })
        .where('id', '=', passageId(documentId, 1, 2))
        .execute();
      expect(await inspector.countInexactPassages()).toBe(1);
    });
  });
});
