import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INGEST_DOCUMENT } from '../../src/domain/jobs/ingest-document.js';
import { REMOVE_DOCUMENT } from '../../src/domain/jobs/remove-document.js';
import type { AcceptedFile, ListDocuments } from '../../src/domain/ports/document-store.js';
import { LeaseLostError } from '../../src/domain/ports/job-queue.js';
import { describeDocumentChanges } from './document-changes.js';
import { type LibrarySubject, newTenant, publishedDocument, sampleFile, startIngest } from './library-subject.js';

/** What every DocumentStore must do when documents are accepted, listed and deleted. */
export function describeDocumentStoreContract(name: string, makeSubject: () => Promise<LibrarySubject>): void {
  describe(`documents on ${name}`, () => {
    let subject: LibrarySubject;
    beforeAll(async () => {
      subject = await makeSubject();
    });
    afterAll(() => subject.close());

    const emptyCollection = async () => {
      const tenantId = newTenant();
      const { id: collectionId } = await subject.collections.ensureDefault(tenantId);
      return { tenantId, collectionId };
    };

    it('accepts a file as a queued document with its ingest job', async () => {
      const place = await emptyCollection();
      const file = sampleFile(place, { metadata: { year: 2024, 'a b': ['x'] }, acl: ['staff'], externalId: 'crm-1' });
      const { document, created } = await subject.documents.accept(file);
      expect(created).toBe(true);
      expect(document).toMatchObject({
        id: file.documentId,
        collection: 'default',
        title: 'Travel policy',
        filename: 'travel-policy.pdf',
        mediaType: 'application/pdf',
        bytes: 1234,
        sha256: file.sha256,
        status: 'queued',
        version: 1,
        externalId: 'crm-1',
        metadata: { year: 2024, 'a b': ['x'] },
        acl: ['staff'],
        pages: { total: 0, text: 0, ocr: 0, empty: 0, failed: 0 },
        passages: 0,
        language: null,
        error: null,
        timings: null,
      });
      expect(Math.abs(Date.parse(document.createdAt) - Date.parse(document.updatedAt))).toBeLessThan(1000);
      expect(await subject.documents.find(place.tenantId, file.documentId)).toEqual(document);
      expect(await subject.listJobs(file.documentId)).toEqual([
        { kind: INGEST_DOCUMENT, status: 'queued', payload: { documentId: file.documentId, version: 1 } },
      ]);
      expect(await subject.documents.findBlob(place.tenantId, file.documentId)).toEqual({
        blobKey: file.blobKey,
        mediaType: 'application/pdf',
        filename: 'travel-policy.pdf',
        bytes: 1234,
      });
      expect(await subject.documents.progress(place.tenantId, file.documentId)).toEqual({
        stage: 'queued',
        done: 0,
        total: 0,
      });
    });

    it('gives the existing document for the same bytes, and a new one in another collection', async () => {
      const place = await emptyCollection();
      const file = sampleFile(place);
      await subject.documents.accept(file);
      const again = await subject.documents.accept(sampleFile(place, { sha256: file.sha256, title: 'Other' }));
      expect(again).toMatchObject({ created: false, document: { id: file.documentId, title: 'Travel policy' } });
      expect(await subject.listJobs(file.documentId)).toHaveLength(1);
      const other = await subject.collections.create(place.tenantId, { name: 'other', description: '', settings: {} });
      const elsewhere = await subject.documents.accept(
        sampleFile({ tenantId: place.tenantId, collectionId: other.id }, { sha256: file.sha256 }),
      );
      expect(elsewhere).toMatchObject({ created: true, document: { collection: 'other' } });
    });

    it('makes one document of the same bytes sent twenty times at once', async () => {
      const place = await emptyCollection();
      const { sha256 } = sampleFile(place);
      const accepted = await Promise.all(
        Array.from({ length: 20 }, () => subject.documents.accept(sampleFile(place, { sha256 }))),
      );
      expect(new Set(accepted.map(({ document }) => document.id)).size).toBe(1);
      expect(accepted.filter(({ created }) => created)).toHaveLength(1);
      expect(await subject.listJobs(accepted[0]?.document.id ?? '')).toHaveLength(1);
    });

    it('queues a failed document again with one fresh job, however many send it', async () => {
      const place = await emptyCollection();
      const file = sampleFile(place);
      await subject.documents.accept(file);
      const { lease, target } = await startIngest(subject, file.documentId);
      await subject.ingest.markStep(lease, target, 'chunked');
      await subject.ingest.fail(lease, target, { code: 'corrupt', detail: 'The file is damaged.' }, null);
      await subject.buryJob(lease, { code: 'corrupt', detail: 'The file is damaged.' });
      const sent = Array.from({ length: 5 }, () =>
        subject.documents.accept(sampleFile(place, { sha256: file.sha256 })),
      );
      for (const { document, created } of await Promise.all(sent)) {
        expect([document.id, document.status, document.error, created]).toEqual([
          file.documentId,
          'queued',
          null,
          false,
        ]);
      }
      expect((await subject.listJobs(file.documentId)).map(({ status }) => status)).toEqual(['dead', 'queued']);
      expect(await subject.ingest.findTarget(file.documentId, 1)).toMatchObject({
        stepDone: 'none',
        blobKey: file.blobKey,
      });
    });

    it('refuses a collection that does not exist or is not the tenant’s', async () => {
      const place = await emptyCollection();
      const missing = sampleFile({ ...place, collectionId: 'col_missing' });
      await expect(subject.documents.accept(missing)).rejects.toMatchObject({ code: 'not_found' });
      const foreign = sampleFile({ ...place, tenantId: newTenant() });
      await expect(subject.documents.accept(foreign)).rejects.toMatchObject({ code: 'not_found' });
    });

    describe('the list', () => {
      const listIds = async (tenantId: string, options: Omit<ListDocuments, 'limit' | 'cursor'>) => {
        const { data } = await subject.documents.list(tenantId, { ...options, limit: 50, cursor: null });
        return data.map(({ id }) => id);
      };

      it('goes from new to old, page by page, each document once', async () => {
        const place = await emptyCollection();
        const files = Array.from({ length: 7 }, () => sampleFile(place));
        for (const file of files) await subject.documents.accept(file);
        const ids: string[] = [];
        let cursor: string | null = null;
        do {
          const options: ListDocuments = { collectionId: place.collectionId, limit: 3, cursor };
          const page = await subject.documents.list(place.tenantId, options);
          ids.push(...page.data.map(({ id }) => id));
          cursor = page.nextCursor;
        } while (cursor !== null);
        expect(ids.toSorted()).toEqual(files.map(({ documentId }) => documentId).toSorted());
        expect(ids).toEqual(await listIds(place.tenantId, { collectionId: place.collectionId }));
      });

      it('filters by part of title or filename, status and metadata', async () => {
        const place = await emptyCollection();
        const add = async (change: Partial<AcceptedFile>) => {
          const file = sampleFile(place, change);
          await subject.documents.accept(file);
          return file.documentId;
        };
        const report = await add({
          title: 'Über 100 % Wachstum',
          filename: 'r.pdf',
          metadata: { year: 2024, draft: true },
        });
        const memo = await add({ title: 'Memo', filename: 'BERICHT_ü.txt', metadata: { year: '2024', draft: false } });
        const { collectionId } = place;
        const found = (options: Omit<ListDocuments, 'limit' | 'cursor' | 'collectionId'>) =>
          listIds(place.tenantId, { collectionId, ...options }).then((ids) => ids.toSorted());
        expect(await found({ titleContains: 'ÜBER' })).toEqual([report]);
        expect(await found({ titleContains: '0 %' })).toEqual([report]);
        expect(await found({ titleContains: 'bericht_Ü' })).toEqual([memo]);
        expect(await found({ titleContains: '%' })).toEqual([report]);
        expect(await found({ titleContains: '_' })).toEqual([memo]);
        expect(await found({ titleContains: '*' })).toEqual([]);
        expect(await found({ titleContains: "'; drop table document; --" })).toEqual([]);
        expect(await found({ metadata: { year: '2024' } })).toEqual([report, memo].toSorted());
        expect(await found({ metadata: { year: '2024', draft: 'true' } })).toEqual([report]);
        expect(await found({ metadata: { "ye'ar": '2024' } })).toEqual([]);
        expect(await found({ status: 'ready' })).toEqual([]);
        expect(await found({ status: 'queued' })).toHaveLength(2);
      });

      it('refuses a foreign cursor', async () => {
        const place = await emptyCollection();
        const list = subject.documents.list(place.tenantId, {
          collectionId: place.collectionId,
          limit: 5,
          cursor: 'x',
        });
        await expect(list).rejects.toMatchObject({ code: 'invalid_request' });
      });
    });

    describe('a tombstone', () => {
      it('hides the document from every reader at once and queues its removal', async () => {
        const { tenantId, collectionId, documentId } = await publishedDocument(subject);
        const passages = await subject.documents.listPassages(tenantId, documentId, { limit: 10, cursor: null });
        expect(await subject.documents.tombstone(tenantId, documentId)).toEqual({
          jobId: expect.stringMatching(/^job_/),
        });
        expect(await subject.documents.find(tenantId, documentId)).toBeNull();
        expect((await subject.documents.list(tenantId, { collectionId, limit: 5, cursor: null })).data).toEqual([]);
        expect(await subject.documents.findBlob(tenantId, documentId)).toBeNull();
        expect(await subject.documents.progress(tenantId, documentId)).toBeNull();
        expect(await subject.documents.findPage(tenantId, documentId, 1)).toBeNull();
        expect((await subject.documents.listPassages(tenantId, documentId, { limit: 5, cursor: null })).data).toEqual(
          [],
        );
        const passageIds = passages.data.map(({ id }) => id);
        expect(passageIds).toHaveLength(3);
        expect(await subject.passages.findLive({ tenantId, collectionIds: [collectionId], passageIds })).toEqual([]);
        expect(await subject.passages.pageText({ tenantId, documentId, version: 1, page: 1 })).toBeNull();
        expect(await subject.ingest.findTarget(documentId, 1)).toBeNull();
        const jobs = await subject.listJobs(documentId);
        expect(jobs.at(-1)).toEqual({ kind: REMOVE_DOCUMENT, status: 'queued', payload: { documentId } });
      });

      it('is set once', async () => {
        const { tenantId, documentId } = await publishedDocument(subject);
        const results = await Promise.all([1, 2, 3].map(() => subject.documents.tombstone(tenantId, documentId)));
        expect(results.filter((result) => result !== null)).toHaveLength(1);
        expect(await subject.documents.tombstone(tenantId, 'doc_unknown')).toBeNull();
      });

      it('cancels a running ingestion, which can write nothing any more', async () => {
        const place = await emptyCollection();
        const file = sampleFile(place);
        await subject.documents.accept(file);
        const { lease, target } = await startIngest(subject, file.documentId);
        await subject.documents.tombstone(place.tenantId, file.documentId);
        expect((await subject.listJobs(file.documentId)).map(({ status }) => status)).toEqual(['cancelled', 'queued']);
        await expect(subject.ingest.saveChunks(lease, target, [])).rejects.toBeInstanceOf(LeaseLostError);
        const result = { timings: { parseMs: 0, chunkMs: 0, embedMs: 0, publishMs: 0 }, indexedLength: 0 };
        await expect(subject.ingest.publish(lease, target, result)).rejects.toBeInstanceOf(LeaseLostError);
      });

      it('lets the same bytes be accepted anew', async () => {
        const { tenantId, documentId, file } = await publishedDocument(subject);
        await subject.documents.tombstone(tenantId, documentId);
        const again = await subject.documents.accept({ ...file, ...sampleFile(file, { sha256: file.sha256 }) });
        expect(again).toMatchObject({ created: true, document: { status: 'queued' } });
        expect(again.document.id).not.toBe(documentId);
      });
    });

    describeDocumentChanges(() => subject);

    it('shows another tenant nothing and lets it delete nothing', async () => {
      const { tenantId, collectionId, documentId } = await publishedDocument(subject);
      const stranger = newTenant();
      expect(await subject.documents.find(stranger, documentId)).toBeNull();
      expect((await subject.documents.list(stranger, { collectionId, limit: 5, cursor: null })).data).toEqual([]);
      expect(await subject.documents.findBlob(stranger, documentId)).toBeNull();
      expect(await subject.documents.progress(stranger, documentId)).toBeNull();
      expect(await subject.documents.findPage(stranger, documentId, 1)).toBeNull();
      expect((await subject.documents.listPassages(stranger, documentId, { limit: 5, cursor: null })).data).toEqual([]);
      expect(await subject.passages.pageText({ tenantId: stranger, documentId, version: 1, page: 1 })).toBeNull();
      expect(await subject.documents.tombstone(stranger, documentId)).toBeNull();
      expect(await subject.documents.find(tenantId, documentId)).toMatchObject({ status: 'ready' });
    });
  });
}
