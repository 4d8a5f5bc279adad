import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LibrarySubject, newTenant, publishedDocument, sampleFile } from './library-subject.js';

/** What every CollectionStore must do. */
export function describeCollectionStoreContract(name: string, makeSubject: () => Promise<LibrarySubject>): void {
  describe(`collections on ${name}`, () => {
    let subject: LibrarySubject;
    beforeAll(async () => {
      subject = await makeSubject();
    });
    afterAll(() => subject.close());

    const create = (tenantId: string, collectionName: string) =>
      subject.collections.create(tenantId, {
        name: collectionName,
        description: 'About it',
        settings: { a: [1, 'b'] },
      });

    it('creates a collection and finds it by id and by name', async () => {
      const tenantId = newTenant();
      const created = await create(tenantId, 'handbook');
      expect(created).toMatchObject({ name: 'handbook', description: 'About it', settings: { a: [1, 'b'] } });
      expect(created).toMatchObject({ id: expect.stringMatching(/^col_/), documents: 0, passages: 0 });
      expect(await subject.collections.find(tenantId, created.id)).toMatchObject({ name: 'handbook' });
      expect(await subject.collections.find(tenantId, 'handbook')).toMatchObject({ id: created.id });
      expect(await subject.collections.find(tenantId, 'other')).toBeNull();
    });

    it('refuses a second collection of the same name in one tenant, not in another', async () => {
      const tenantId = newTenant();
      await create(tenantId, 'handbook');
      await expect(create(tenantId, 'handbook')).rejects.toMatchObject({ code: 'conflict' });
      await expect(create(newTenant(), 'handbook')).resolves.toMatchObject({ name: 'handbook' });
    });

    it('makes the default collection once, however many ask at once', async () => {
      const tenantId = newTenant();
      const made = await Promise.all(Array.from({ length: 10 }, () => subject.collections.ensureDefault(tenantId)));
      expect(new Set(made.map(({ id }) => id)).size).toBe(1);
      expect(made[0]?.name).toBe('default');
    });

    it('lists by name, page by page', async () => {
      const tenantId = newTenant();
      for (const word of ['delta', 'alpha', 'charlie', 'bravo', 'echo']) await create(tenantId, word);
      const names: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof subject.collections.list>> = await subject.collections.list(tenantId, {
          limit: 2,
          cursor,
        });
        names.push(...page.data.map((collection) => collection.name));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(names).toEqual(['alpha', 'bravo', 'charlie', 'delta', 'echo']);
    });

    it.each([
      'nonsense',
      '',
      Buffer.from('{"a":1}').toString('base64url'),
      Buffer.from('[1,2,3]').toString('base64url'),
    ])('refuses the cursor "%s"', async (cursor) => {
      const list = subject.collections.list(newTenant(), { limit: 2, cursor });
      await expect(list).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('counts the documents and live passages of a collection', async () => {
      const { tenantId, collectionId, documentId } = await publishedDocument(subject);
      await subject.documents.accept(sampleFile({ tenantId, collectionId }));
      expect(await subject.collections.find(tenantId, collectionId)).toMatchObject({ documents: 2, passages: 3 });
      await subject.documents.tombstone(tenantId, documentId);
      expect(await subject.collections.find(tenantId, collectionId)).toMatchObject({ documents: 1, passages: 0 });
    });

    it('changes what is given and keeps the rest', async () => {
      const tenantId = newTenant();
      const { id } = await create(tenantId, 'handbook');
      expect(await subject.collections.update(tenantId, id, { description: 'New' })).toMatchObject({
        name: 'handbook',
        description: 'New',
        settings: { a: [1, 'b'] },
      });
      expect(await subject.collections.update(tenantId, id, { name: 'manual', settings: {} })).toMatchObject({
        name: 'manual',
        description: 'New',
        settings: {},
      });
    });

    it('refuses to rename into a taken name or to change what is not there', async () => {
      const tenantId = newTenant();
      await create(tenantId, 'taken');
      const { id } = await create(tenantId, 'handbook');
      await expect(subject.collections.update(tenantId, id, { name: 'taken' })).rejects.toMatchObject({
        code: 'conflict',
      });
      await expect(subject.collections.update(tenantId, 'col_x', { name: 'a' })).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    it('removes a collection only when nothing is left in it', async () => {
      const { tenantId, collectionId, documentId } = await publishedDocument(subject);
      await expect(subject.collections.remove(tenantId, collectionId)).rejects.toMatchObject({ code: 'conflict' });
      await subject.documents.tombstone(tenantId, documentId);
      await subject.removal.purge(documentId);
      await subject.collections.remove(tenantId, collectionId);
      expect(await subject.collections.find(tenantId, collectionId)).toBeNull();
      await expect(subject.collections.remove(tenantId, collectionId)).rejects.toMatchObject({ code: 'not_found' });
    });

    it('shows another tenant nothing and lets it change nothing', async () => {
      const tenantId = newTenant();
      const stranger = newTenant();
      const { id } = await create(tenantId, 'handbook');
      expect(await subject.collections.find(stranger, id)).toBeNull();
      expect(await subject.collections.find(stranger, 'handbook')).toBeNull();
      expect((await subject.collections.list(stranger, { limit: 10, cursor: null })).data).toEqual([]);
      await expect(subject.collections.update(stranger, id, { name: 'x' })).rejects.toMatchObject({
        code: 'not_found',
      });
      await expect(subject.collections.remove(stranger, id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await subject.collections.find(tenantId, id)).toMatchObject({ name: 'handbook' });
    });
  });
}
