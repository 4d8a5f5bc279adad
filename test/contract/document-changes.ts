import { describe, expect, it } from 'vitest';
import { passageId } from '../../src/domain/ids.js';
import { INGEST_DOCUMENT } from '../../src/domain/jobs/ingest-document.js';
import type { DocumentChange, VersionFile } from '../../src/domain/ports/document-store.js';
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

/** What every DocumentStore must do when a document that is there gets a new version, another title, another try. */
export function describeDocumentChanges(subjectOf: () => LibrarySubject): void {
  const published = (options: Parameters<typeof publishedDocument>[1] = {}) => publishedDocument(subjectOf(), options);
  const newFile = (change: Partial<VersionFile> = {}): VersionFile => {
    const { mediaType, bytes, sha256, blobKey } = sampleFile({ tenantId: '', collectionId: '' });
    return { mediaType, bytes, sha256, blobKey, filename: 'travel-policy-2.pdf', ...change };
  };
  const addVersion = (
    target: { tenantId: string; documentId: string },
    { file = newFile(), change = {} }: { file?: VersionFile; change?: DocumentChange } = {},
  ) => subjectOf().documents.addVersion(target, { file, change });
  const find = ({ tenantId, documentId }: { tenantId: string; documentId: string }) =>
    subjectOf().documents.find(tenantId, documentId);
  const liveVersions = async ({ tenantId, documentId }: { tenantId: string; documentId: string }) => {
    const { data } = await subjectOf().documents.listPassages(tenantId, documentId, { limit: 9, cursor: null });
    return data.map(({ version }) => version);
  };
  const publish = async (documentId: string, version: number, title: string | null = null) => {
    const { ingest } = subjectOf();
    const { lease, target } = await startIngest(subjectOf(), documentId, version);
    await ingest.begin(lease, target);
    await ingest.savePages(lease, target, { pages: samplePages, paged: true, title, language: 'en' });
    await ingest.saveChunks(lease, target, sampleChunks.slice(0, 1));
    await ingest.publish(lease, target, { timings: sampleTimings, indexedLength: 7 });
  };
  const failNewest = async (documentId: string, version: number) => {
    const { lease, target } = await startIngest(subjectOf(), documentId, version);
    const error = { code: 'corrupt', detail: 'The file is damaged.' } as const;
    await subjectOf().ingest.fail(lease, target, error, null);
    await subjectOf().buryJob(lease, error);
  };

  describe('a next version', () => {
    it('is queued with a job of its own while the live one goes on answering', async () => {
      const document = await published();
      const { tenantId, documentId } = document;
      const file = newFile({ bytes: 99, mediaType: 'text/plain', filename: 'new.txt' });
      const added = await addVersion(document, { file });
      expect(added).toMatchObject({
        created: true,
        document: { id: documentId, version: 2, status: 'queued', title: 'Travel policy', passages: 3, error: null },
      });
      expect(added?.document).toMatchObject({ filename: 'new.txt', bytes: 99, sha256: file.sha256 });
      expect(await find(document)).toEqual(added?.document);
      expect((await subjectOf().listJobs(documentId)).at(-1)).toEqual({
        kind: INGEST_DOCUMENT,
        status: 'queued',
        payload: { documentId, version: 2 },
      });
      expect(await liveVersions(document)).toEqual([1, 1, 1]);
      expect(await subjectOf().documents.findPage(tenantId, documentId, 1)).toMatchObject({ version: 1 });
      expect(await subjectOf().documents.findBlob(tenantId, documentId)).toMatchObject({ blobKey: file.blobKey });
      expect(await subjectOf().ingest.supersededVersions(documentId)).toEqual([]);

      await publish(documentId, 2);
      expect(await find(document)).toMatchObject({ version: 2, status: 'ready', passages: 1 });
      expect(await liveVersions(document)).toEqual([2]);
      expect(await subjectOf().ingest.supersededVersions(documentId)).toEqual([1]);
      expect(await subjectOf().ingest.removeVersion(documentId, 1)).toEqual({ blobKey: document.file.blobKey });
    });

    it('that fails is told with its reason and leaves the live one answering; the next one repairs it', async () => {
      const document = await published();
      const { tenantId, collectionId, documentId } = document;
      await addVersion(document);
      await failNewest(documentId, 2);
      expect(await find(document)).toMatchObject({ status: 'failed', version: 2, error: { code: 'corrupt' } });
      expect(await liveVersions(document)).toEqual([1, 1, 1]);
      const scope = { tenantId, collectionIds: [collectionId], passageIds: [passageId(documentId, 1, 0)] };
      expect(await subjectOf().passages.findLive(scope)).toHaveLength(1);
      expect(await addVersion(document)).toMatchObject({ document: { version: 3, status: 'queued', error: null } });
      await publish(documentId, 3);
      expect(await liveVersions(document)).toEqual([3]);
      expect(await subjectOf().ingest.supersededVersions(documentId)).toEqual([1, 2]);
    });

    it('with the bytes of the newest one is none: the document stays, a failed one is queued again', async () => {
      const document = await published();
      const file = newFile({ sha256: document.file.sha256 });
      expect(await addVersion(document, { file })).toMatchObject({ created: false, document: { version: 1 } });
      expect(await subjectOf().listJobs(document.documentId)).toHaveLength(1);
      const second = newFile();
      await addVersion(document, { file: second });
      await failNewest(document.documentId, 2);
      const again = await addVersion(document, { file: newFile({ sha256: second.sha256 }) });
      expect(again).toMatchObject({ created: false, document: { version: 2, status: 'queued', error: null } });
      expect(await subjectOf().ingest.findTarget(document.documentId, 2)).toMatchObject({
        stepDone: 'none',
        blobKey: second.blobKey,
      });
    });

    it('may bring back the bytes of an older version', async () => {
      const document = await published();
      await addVersion(document);
      const back = await addVersion(document, { file: newFile({ sha256: document.file.sha256 }) });
      expect(back).toMatchObject({ created: true, document: { version: 3 } });
    });

    it('with the bytes of another document of the collection is refused and changes nothing', async () => {
      const first = await published();
      const second = await published({ tenantId: first.tenantId });
      const before = await find(second);
      const file = newFile({ sha256: first.file.sha256 });
      await expect(addVersion(second, { file, change: { title: 'New' } })).rejects.toMatchObject({ code: 'conflict' });
      expect(await find(second)).toEqual(before);
      expect(await subjectOf().listJobs(second.documentId)).toHaveLength(1);
      const elsewhere = await published();
      expect(await addVersion(elsewhere, { file })).toMatchObject({ created: true });
    });

    it('ends the ingestion of the version before it, which can write nothing any more', async () => {
      const document = await published();
      await addVersion(document);
      const { lease, target } = await startIngest(subjectOf(), document.documentId, 2);
      await subjectOf().ingest.saveChunks(lease, target, sampleChunks);
      await addVersion(document);
      const result = { timings: sampleTimings, indexedLength: 1 };
      await expect(subjectOf().ingest.publish(lease, target, result)).rejects.toBeInstanceOf(LeaseLostError);
      const { ingest } = subjectOf();
      expect(await ingest.findTarget(document.documentId, 2)).toBeNull();
      expect(await Promise.all([1, 2, 3, 4].map((version) => ingest.isKept(document.documentId, version)))).toEqual([
        true,
        false,
        true,
        false,
      ]);
      await subjectOf().documents.tombstone(document.tenantId, document.documentId);
      expect(await ingest.isKept(document.documentId, 3)).toBe(false);
    });

    it('is numbered without gaps when several come at once, and the last one is ingested', async () => {
      const document = await published();
      const added = await Promise.all(Array.from({ length: 6 }, () => addVersion(document)));
      expect(added.map((one) => one?.document.version).toSorted()).toEqual([2, 3, 4, 5, 6, 7]);
      expect(await find(document)).toMatchObject({ version: 7, status: 'queued' });
      expect(await subjectOf().ingest.findTarget(document.documentId, 7)).not.toBeNull();
    });

    it('of the same bytes sent ten times at once is one', async () => {
      const document = await published();
      const { sha256 } = newFile();
      const added = await Promise.all(
        Array.from({ length: 10 }, () => addVersion(document, { file: newFile({ sha256 }) })),
      );
      expect(added.filter((one) => one?.created)).toHaveLength(1);
      expect(new Set(added.map((one) => one?.document.version))).toEqual(new Set([2]));
    });

    it('takes over what is said with it, and leaves the rest', async () => {
      const document = await published({ file: { metadata: { year: 2024 }, acl: ['staff'] } });
      const change = { title: 'Rules', acl: null };
      expect(await addVersion(document, { change })).toMatchObject({
        document: { title: 'Rules', acl: null, metadata: { year: 2024 } },
      });
    });

    it('gives its own title when it is published, not before and not over a person’s', async () => {
      const document = await published();
      await addVersion(document);
      const { lease, target } = await startIngest(subjectOf(), document.documentId, 2);
      const parsed = { pages: samplePages, paged: true, title: 'Title of version 2', language: 'en' };
      await subjectOf().ingest.savePages(lease, target, parsed);
      expect(await find(document)).toMatchObject({ title: 'Travel policy' });
      await publish(document.documentId, 2, 'Title of version 2');
      expect(await find(document)).toMatchObject({ title: 'Title of version 2' });
      await addVersion(document, { change: { title: 'Mine' } });
      await publish(document.documentId, 3, 'Title of version 3');
      expect(await find(document)).toMatchObject({ title: 'Mine', version: 3 });
    });

    it('is none of an unknown, deleted or foreign document', async () => {
      const document = await published();
      expect(await addVersion({ ...document, tenantId: newTenant() })).toBeNull();
      expect(await addVersion({ ...document, documentId: 'doc_unknown' })).toBeNull();
      await subjectOf().documents.tombstone(document.tenantId, document.documentId);
      expect(await addVersion(document)).toBeNull();
      expect((await subjectOf().listJobs(document.documentId)).length).toBe(2);
    });
  });

  describe('an external id', () => {
    it('makes new content the next version of the document that has it, and the same content a duplicate', async () => {
      const document = await published({ file: { externalId: 'crm-1', metadata: { year: 2024 } } });
      const file = sampleFile(document, { externalId: 'crm-1', given: { metadata: { year: 2025 } } });
      const { documents } = subjectOf();
      const added = await documents.accept(file);
      expect(added).toMatchObject({
        created: true,
        document: { id: document.documentId, version: 2, status: 'queued', metadata: { year: 2025 } },
      });
      expect(added.document.title).toBe('Travel policy');
      const again = sampleFile(document, { externalId: 'crm-1', sha256: file.sha256, given: { acl: ['hr'] } });
      expect(await documents.accept(again)).toMatchObject({
        created: false,
        document: { id: document.documentId, version: 2, acl: ['hr'], metadata: { year: 2025 } },
      });
    });

    it('does not give a document the content of another one', async () => {
      const first = await published({ file: { externalId: 'a' } });
      await published({ tenantId: first.tenantId, file: { externalId: 'b' } });
      const file = sampleFile(first, { externalId: 'b', sha256: first.file.sha256 });
      await expect(subjectOf().documents.accept(file)).rejects.toMatchObject({ code: 'conflict' });
    });

    it('makes one document of different contents that come at once', async () => {
      const { tenantId, collectionId } = await published();
      const files = Array.from({ length: 8 }, () => sampleFile({ tenantId, collectionId }, { externalId: 'x' }));
      const accepted = await Promise.all(files.map((file) => subjectOf().documents.accept(file)));
      expect(new Set(accepted.map(({ document }) => document.id)).size).toBe(1);
      expect(accepted.every(({ created }) => created)).toBe(true);
      expect(accepted.map(({ document }) => document.version).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });
  });

  describe('a change', () => {
    it('of title, metadata and acl is seen at once, also in passages, and keeps what is not named', async () => {
      const document = await published({ file: { metadata: { year: 2024 }, acl: ['staff'] } });
      const { tenantId, collectionId, documentId } = document;
      const before = await find(document);
      const changed = await subjectOf().documents.update(document, { title: 'New\u0000 title', metadata: { a: [] } });
      expect(changed).toMatchObject({ metadata: { a: [] }, acl: ['staff'], status: 'ready', version: 1 });
      expect(changed?.title.replace('\u0000', '\ufffd')).toBe('New\ufffd title');
      expect(changed?.updatedAt).not.toBe(before?.updatedAt);
      expect(await find(document)).toEqual(changed);
      await subjectOf().documents.update(document, { title: 'Newer', acl: null });
      const scope = { tenantId, collectionIds: [collectionId], passageIds: [passageId(documentId, 1, 0)] };
      expect(await subjectOf().passages.findLive(scope)).toMatchObject([{ documentTitle: 'Newer' }]);
      expect(await find(document)).toMatchObject({ title: 'Newer', acl: null, metadata: { a: [] } });
    });

    it('of nothing changes nothing', async () => {
      const document = await published();
      const before = await find(document);
      expect(await subjectOf().documents.update(document, { title: undefined })).toEqual(before);
    });

    it('of a title stays when the file is read again and has one of its own', async () => {
      const { tenantId, collectionId } = await published();
      const file = sampleFile({ tenantId, collectionId });
      await subjectOf().documents.accept(file);
      await subjectOf().documents.update(file, { title: 'Mine' });
      await publish(file.documentId, 1, 'Its own');
      expect(await find(file)).toMatchObject({ title: 'Mine', status: 'ready' });
    });

    it('happens only to what the caller has seen: of many at once one', async () => {
      const document = await published();
      const seen = await find(document);
      const expected = { version: 1, updatedAt: seen?.updatedAt ?? '' };
      const sent = Array.from({ length: 8 }, (_, index) =>
        subjectOf().documents.update({ ...document, expected }, { title: `Title ${index}` }),
      );
      const results = await Promise.allSettled(sent);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'precondition_failed' });
      }
      const stale = { ...document, expected };
      await expect(subjectOf().documents.update(stale, {})).rejects.toMatchObject({ code: 'precondition_failed' });
      const late = subjectOf().documents.addVersion(stale, { file: newFile(), change: {} });
      await expect(late).rejects.toMatchObject({ code: 'precondition_failed' });
      const same = subjectOf().documents.addVersion(stale, { file: document.file, change: {} });
      await expect(same).rejects.toMatchObject({ code: 'precondition_failed' });
      const now = await find(document);
      const fresh = { ...document, expected: { version: 1, updatedAt: now?.updatedAt ?? '' } };
      expect(await subjectOf().documents.addVersion(fresh, { file: newFile(), change: {} })).toMatchObject({
        created: true,
      });
    });

    it('reaches no unknown, deleted or foreign document', async () => {
      const document = await published();
      const { documents } = subjectOf();
      expect(await documents.update({ ...document, tenantId: newTenant() }, { title: 'x' })).toBeNull();
      expect(await documents.update({ ...document, documentId: 'doc_unknown' }, { title: 'x' })).toBeNull();
      await documents.tombstone(document.tenantId, document.documentId);
      expect(await documents.update(document, { title: 'x' })).toBeNull();
    });
  });

  describe('another try', () => {
    it('queues a failed version again from the first step, once', async () => {
      const document = await published();
      await addVersion(document);
      const { lease, target } = await startIngest(subjectOf(), document.documentId, 2);
      await subjectOf().ingest.markStep(lease, target, 'chunked');
      await failNewest(document.documentId, 2);
      const { tenantId, documentId } = document;
      const tries = await Promise.allSettled([1, 2, 3].map(() => subjectOf().documents.retry(tenantId, documentId)));
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of tries) {
        if (result.status === 'fulfilled') expect(result.value).toMatchObject({ status: 'queued', error: null });
        else expect(result.reason).toMatchObject({ code: 'conflict' });
      }
      expect(await subjectOf().ingest.findTarget(documentId, 2)).toMatchObject({ stepDone: 'none' });
      expect((await subjectOf().listJobs(documentId)).at(-1)).toMatchObject({ status: 'queued' });
      expect(await liveVersions(document)).toEqual([1, 1, 1]);
    });

    it('is refused for a document that has not failed, and finds no foreign one', async () => {
      const { tenantId, documentId } = await published();
      const { documents } = subjectOf();
      await expect(documents.retry(tenantId, documentId)).rejects.toMatchObject({ code: 'conflict' });
      expect(await documents.retry(newTenant(), documentId)).toBeNull();
      expect(await documents.retry(tenantId, 'doc_unknown')).toBeNull();
    });
  });
}
