import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { passageId } from '../../src/domain/ids.js';
import { LeaseLostError } from '../../src/domain/ports/job-queue.js';
import {
  type LibrarySubject,
  newTenant,
  publishedDocument,
  sampleChunks,
  sampleFile,
  samplePages,
  sampleTimings,
  startIngest,
} from './library-subject.js';

/** What every IngestStore, PassageReader and RemovalStore must do. */
export function describeIngestStoreContract(name: string, makeSubject: () => Promise<LibrarySubject>): void {
  describe(`ingestion on ${name}`, () => {
    let subject: LibrarySubject;
    beforeAll(async () => {
      subject = await makeSubject();
    });
    afterAll(() => subject.close());

    const acceptedDocument = async () => {
      const tenantId = newTenant();
      const { id: collectionId } = await subject.collections.ensureDefault(tenantId);
      const file = sampleFile({ tenantId, collectionId });
      await subject.documents.accept(file);
      return { tenantId, collectionId, documentId: file.documentId, file };
    };

    it('finds what a job is to work on', async () => {
      const { tenantId, collectionId, documentId, file } = await acceptedDocument();
      expect(await subject.ingest.findTarget(documentId, 1)).toEqual({
        ...{ tenantId, collectionId, documentId, version: 1, filename: file.filename, title: file.title },
        ...{ mediaType: file.mediaType, bytes: file.bytes, blobKey: file.blobKey, stepDone: 'none', liveVersion: null },
      });
      expect(await subject.ingest.findTarget(documentId, 2)).toBeNull();
      expect(await subject.ingest.findTarget('doc_unknown', 1)).toBeNull();
    });

    it('goes from queued through processing to ready, and shows nothing before it is ready', async () => {
      const { tenantId, collectionId, documentId } = await acceptedDocument();
      const { lease, target } = await startIngest(subject, documentId);
      const read = () => subject.documents.find(tenantId, documentId);
      await subject.ingest.begin(lease, target);
      expect(await read()).toMatchObject({ status: 'processing' });
      const parsed = { pages: samplePages, paged: true, title: 'The real title', language: 'en' };
      await subject.ingest.savePages(lease, target, parsed);
      expect(await read()).toMatchObject({
        ...{ status: 'processing', title: 'The real title', language: 'en', passages: 0 },
        pages: { total: 3, text: 2, ocr: 0, empty: 1, failed: 0 },
      });
      expect(await subject.ingest.findTarget(documentId, 1)).toMatchObject({
        stepDone: 'parsed',
        title: 'The real title',
      });
      await subject.ingest.saveChunks(lease, target, sampleChunks);
      await subject.ingest.markStep(lease, target, 'embedded');
      expect(await subject.ingest.findTarget(documentId, 1)).toMatchObject({ stepDone: 'embedded' });

      expect(await subject.documents.findPage(tenantId, documentId, 1)).toBeNull();
      const passageIds = sampleChunks.map(({ ordinal }) => passageId(documentId, 1, ordinal));
      expect(await subject.passages.findLive({ tenantId, collectionIds: [collectionId], passageIds })).toEqual([]);
      expect((await subject.documents.listPassages(tenantId, documentId, { limit: 5, cursor: null })).data).toEqual([]);

      await subject.ingest.publish(lease, target, { timings: sampleTimings, indexedLength: 12.5 });
      expect(await read()).toMatchObject({ status: 'ready', passages: 3, timings: sampleTimings, error: null });
      expect(await subject.ingest.findTarget(documentId, 1)).toMatchObject({ stepDone: 'published', liveVersion: 1 });
      expect(await subject.collections.find(tenantId, collectionId)).toMatchObject({ passages: 3 });
    });

    it('gives pages and chunks back exactly as they were saved', async () => {
      const { documentId } = await acceptedDocument();
      const { lease, target } = await startIngest(subject, documentId);
      await subject.ingest.savePages(lease, target, { pages: samplePages, paged: true, title: null, language: null });
      await subject.ingest.saveChunks(lease, target, sampleChunks);
      expect(await subject.ingest.readPages(documentId, 1)).toEqual({ paged: true, pages: samplePages });
      const all = await subject.ingest.readChunks(documentId, 1, { fromOrdinal: 0, limit: 10 });
      expect(all).toEqual(
        sampleChunks.map((chunk) => ({ ...chunk, passageId: passageId(documentId, 1, chunk.ordinal) })),
      );
      const some = await subject.ingest.readChunks(documentId, 1, { fromOrdinal: 1, limit: 1 });
      expect(some.map(({ ordinal }) => ordinal)).toEqual([1]);
      expect(await subject.ingest.countChunks(documentId, 1)).toBe(3);
      expect(await subject.ingest.readPages('doc_unknown', 1)).toEqual({ paged: false, pages: [] });
    });

    it('leaves after a step that ran twice what it would have left once', async () => {
      const { tenantId, collectionId, documentId } = await acceptedDocument();
      const { lease, target } = await startIngest(subject, documentId);
      const parsed = { pages: samplePages, paged: true, title: null, language: 'en' };
      for (let round = 0; round < 2; round += 1) {
        await subject.ingest.savePages(lease, target, parsed);
        await subject.ingest.saveChunks(lease, target, sampleChunks);
        await subject.ingest.publish(lease, target, { timings: sampleTimings, indexedLength: 12.5 });
      }
      expect(await subject.ingest.countChunks(documentId, 1)).toBe(3);
      expect((await subject.ingest.readPages(documentId, 1)).pages).toHaveLength(3);
      expect(await subject.collections.find(tenantId, collectionId)).toMatchObject({ passages: 3 });
    });

    it('saves thousands of chunks in order', async () => {
      const { documentId } = await acceptedDocument();
      const { lease, target } = await startIngest(subject, documentId);
      const many = Array.from({ length: 2300 }, (_, ordinal) => ({
        ...sampleChunks[0],
        ordinal,
        page: 1,
        start: 0,
        end: 3,
        text: `${ordinal}`,
        heading: [],
        context: '',
      }));
      await subject.ingest.saveChunks(lease, target, many);
      expect(await subject.ingest.countChunks(documentId, 1)).toBe(2300);
      const tail = await subject.ingest.readChunks(documentId, 1, { fromOrdinal: 2298, limit: 10 });
      expect(tail.map(({ text }) => text)).toEqual(['2298', '2299']);
    });

    it('writes nothing with a lease that another worker has taken over', async () => {
      const { tenantId, documentId } = await acceptedDocument();
      const { lease: old, target } = await startIngest(subject, documentId);
      const { lease } = await startIngest(subject, documentId);
      const error = { code: 'corrupt', detail: 'The file is damaged.' } as const;
      const parsed = { pages: samplePages, paged: true, title: 'Stolen', language: null };
      const writes = [
        () => subject.ingest.begin(old, target),
        () => subject.ingest.savePages(old, target, parsed),
        () => subject.ingest.saveChunks(old, target, sampleChunks),
        () => subject.ingest.markStep(old, target, 'embedded'),
        () => subject.ingest.publish(old, target, { timings: sampleTimings, indexedLength: 1 }),
        () => subject.ingest.fail(old, target, error, null),
      ];
      for (const write of writes) await expect(write()).rejects.toBeInstanceOf(LeaseLostError);
      expect(await subject.documents.find(tenantId, documentId)).toMatchObject({
        status: 'queued',
        title: 'Travel policy',
      });
      expect(await subject.ingest.countChunks(documentId, 1)).toBe(0);
      await subject.ingest.begin(lease, target);
      expect(await subject.documents.find(tenantId, documentId)).toMatchObject({ status: 'processing' });
    });

    it('fails with a reason and what is known of the pages', async () => {
      const { tenantId, documentId } = await acceptedDocument();
      const { lease, target } = await startIngest(subject, documentId);
      const pages = { total: 2, text: 0, ocr: 0, empty: 1, failed: 1 };
      await subject.ingest.fail(lease, target, { code: 'no_text', detail: 'Nothing could be read.' }, pages);
      expect(await subject.documents.find(tenantId, documentId)).toMatchObject({
        ...{ status: 'failed', pages, passages: 0 },
        error: { code: 'no_text', detail: 'Nothing could be read.' },
      });
    });

    it('fails documents whose job died without a word, and only those', async () => {
      const dead = await acceptedDocument();
      const alive = await acceptedDocument();
      const { lease } = await startIngest(subject, dead.documentId);
      await subject.buryJob(lease, { code: 'job_abandoned', detail: 'The worker died three times.' });
      const failed = await subject.ingest.failAbandoned();
      expect(failed).toContainEqual({ documentId: dead.documentId, version: 1, code: 'job_abandoned' });
      expect(failed.map(({ documentId }) => documentId)).not.toContain(alive.documentId);
      expect(await subject.documents.find(dead.tenantId, dead.documentId)).toMatchObject({
        status: 'failed',
        error: { code: 'job_abandoned', detail: 'The worker died three times.' },
      });
      expect(await subject.documents.find(alive.tenantId, alive.documentId)).toMatchObject({ status: 'queued' });
      expect(await subject.ingest.failAbandoned()).toEqual([]);
    });

    it('never removes the version that is live or being ingested', async () => {
      const { tenantId, documentId } = await publishedDocument(subject);
      expect(await subject.ingest.supersededVersions(documentId)).toEqual([]);
      expect(await subject.ingest.removeVersion(documentId, 1)).toEqual({ blobKey: null });
      expect(await subject.ingest.removeVersion(documentId, 7)).toEqual({ blobKey: null });
      expect(await subject.documents.find(tenantId, documentId)).toMatchObject({ status: 'ready', passages: 3 });
    });

    describe('what readers see of a ready document', () => {
      it('pages with label and status', async () => {
        const { tenantId, documentId } = await publishedDocument(subject);
        expect(await subject.documents.findPage(tenantId, documentId, 1)).toEqual({
          ...{
            documentId,
            version: 1,
            number: 1,
            label: 'i',
            status: 'text',
            reason: null,
            text: samplePages[0]?.text,
          },
        });
        expect(await subject.documents.findPage(tenantId, documentId, 2)).toMatchObject({ status: 'empty', text: '' });
        expect(await subject.documents.findPage(tenantId, documentId, 4)).toBeNull();
      });

      it('passages in order, whose text is the slice of their page', async () => {
        const { tenantId, documentId } = await publishedDocument(subject);
        const one = await subject.documents.listPassages(tenantId, documentId, { limit: 2, cursor: null });
        const two = await subject.documents.listPassages(tenantId, documentId, { limit: 2, cursor: one.nextCursor });
        expect([one.data.length, two.data.length, two.nextCursor]).toEqual([2, 1, null]);
        const passages = [...one.data, ...two.data];
        expect(passages[0]).toEqual({
          ...{ id: passageId(documentId, 1, 0), documentId, documentTitle: 'Travel policy', collection: 'default' },
          ...{ version: 1, page: 1, pageLabel: 'i', heading: ['Travel policy'], start: 15, end: 51 },
          text: samplePages[0]?.text.slice(15, 51),
        });
        expect(passages.map(({ page, pageLabel }) => [page, pageLabel])).toEqual([
          [1, 'i'],
          [1, 'i'],
          [3, '1'],
        ]);
        for (const passage of passages) {
          const page = await subject.documents.findPage(tenantId, documentId, passage.page ?? 1);
          expect(page?.text.slice(passage.start, passage.end)).toBe(passage.text);
        }
        const onPage = await subject.documents.listPassages(tenantId, documentId, { page: 3, limit: 9, cursor: null });
        expect(onPage.data.map(({ page }) => page)).toEqual([3]);
        const foreign = subject.documents.listPassages(tenantId, documentId, { limit: 2, cursor: 'x' });
        await expect(foreign).rejects.toMatchObject({ code: 'invalid_request' });
      });

      it('no page numbers for formats without pages, and their text as page 1', async () => {
        const { tenantId, documentId } = await publishedDocument(subject, { paged: false });
        const { data } = await subject.documents.listPassages(tenantId, documentId, {
          page: 1,
          limit: 9,
          cursor: null,
        });
        expect(data.map(({ page, pageLabel }) => [page, pageLabel])).toEqual([
          [null, null],
          [null, null],
        ]);
        expect(await subject.documents.findPage(tenantId, documentId, 1)).toMatchObject({ number: 1 });
        const text = await subject.passages.pageText({ tenantId, documentId, version: 1, page: null });
        expect(text).toBe(samplePages[0]?.text);
      });

      it('among ids of an index only those that are the tenant’s, in scope and live', async () => {
        const { tenantId, collectionId, documentId } = await publishedDocument(subject);
        const foreign = await publishedDocument(subject);
        const ids = [0, 1, 2].map((ordinal) => passageId(documentId, 1, ordinal));
        const passageIds = [
          ...ids,
          passageId(foreign.documentId, 1, 0),
          'psg_unknown',
          "x' or 1=1",
          passageId(documentId, 2, 0),
        ];
        const find = (options: { tenantId: string; collectionIds: string[]; passageIds: string[] }) =>
          subject.passages.findLive(options).then((found) => found.map(({ id }) => id).toSorted());
        expect(await find({ tenantId, collectionIds: [collectionId, foreign.collectionId], passageIds })).toEqual(ids);
        expect(await find({ tenantId, collectionIds: [foreign.collectionId], passageIds })).toEqual([]);
        expect(await find({ tenantId: foreign.tenantId, collectionIds: [collectionId], passageIds })).toEqual([]);
        expect(await find({ tenantId, collectionIds: [], passageIds })).toEqual([]);
        expect(await find({ tenantId, collectionIds: [collectionId], passageIds: [] })).toEqual([]);
      });

      it('the text of a page only of the live version', async () => {
        const { tenantId, documentId } = await publishedDocument(subject);
        expect(await subject.passages.pageText({ tenantId, documentId, version: 1, page: 3 })).toBe(
          'Trains are preferred.',
        );
        expect(await subject.passages.pageText({ tenantId, documentId, version: 2, page: 3 })).toBeNull();
        expect(await subject.passages.pageText({ tenantId, documentId, version: 1, page: 9 })).toBeNull();
      });
    });

    it('purges tombstoned documents only, and counts what went', async () => {
      const { tenantId, collectionId, documentId, file } = await publishedDocument(subject);
      expect(await subject.removal.findTombstone(documentId)).toBeNull();
      expect(await subject.removal.purge(documentId)).toEqual({ rows: 0, passages: 0 });
      await subject.documents.tombstone(tenantId, documentId);
      const found = await subject.removal.findTombstone(documentId);
      expect(found).toEqual({ tenantId, collectionId, blobKeys: [file.blobKey] });
      expect(await subject.removal.purge(documentId)).toEqual({ rows: 8, passages: 3 });
      expect(await subject.removal.findTombstone(documentId)).toBeNull();
      expect(await subject.removal.purge(documentId)).toEqual({ rows: 0, passages: 0 });
      expect(await subject.ingest.countChunks(documentId, 1)).toBe(0);
    });
  });
}
