import { describe, expect, it } from 'vitest';
import type { Document } from '../../src/domain/document.js';
import { readProblem } from '../support/http-server.js';
import { serveLibrary } from '../support/library-server.js';

type Served = Awaited<ReturnType<typeof serveLibrary>>;

interface Upload {
  key?: string;
  content?: string;
  name?: string;
  fields?: Record<string, string>;
  collection?: string;
}

function upload(served: Served, options: Upload = {}) {
  const { key = 'key-1', content = 'Soup at noon.', name = 'a.txt', fields = {}, collection = 'default' } = options;
  const form = new FormData();
  form.append('files', new Blob([content]), name);
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  const url = `${served.url}/api/v1/collections/${collection}/documents`;
  return fetch(url, { method: 'POST', body: form, headers: { 'idempotency-key': key } });
}

function post(served: Served, path: string, body: unknown, key: string) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  return fetch(`${served.url}/api/v1/collections${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

const documentsOf = async (served: Served) => {
  const response = await fetch(`${served.url}/api/v1/collections/default/documents`);
  return ((await response.json()) as { data: Document[] }).data;
};

describe('an upload with an Idempotency-Key', () => {
  it('gives the first answer again, word for word, and does nothing', async () => {
    const served = await serveLibrary();
    const first = await upload(served);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const text = await first.text();
    const [document] = await documentsOf(served);
    await served.library.documents.update(
      { tenantId: 'default', documentId: document?.id ?? '' },
      { title: 'Changed' },
    );
    const again = await upload(served);
    expect([again.status, await again.text()]).toEqual([202, text]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await served.blobs.list()).toHaveLength(1);
    expect(await served.temporaryFiles()).toEqual([]);
  });

  it('makes one document of twenty requests at once, all with the same answer', async () => {
    const served = await serveLibrary();
    const responses = await Promise.all(Array.from({ length: 20 }, () => upload(served)));
    const bodies = await Promise.all(responses.map((response) => response.text()));
    expect(new Set(bodies).size).toBe(1);
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 202));
    expect(responses.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(19);
    expect(await documentsOf(served)).toHaveLength(1);
  });

  it.each<[string, Upload]>([
    ['other content', { content: 'Other.' }],
    ['another name', { name: 'b.txt' }],
    ['another field', { fields: { metadata: '{"a":1}' } }],
  ])('refuses the key for a request with %s', async (_difference, change) => {
    const served = await serveLibrary();
    await upload(served);
    const response = await upload(served, change);
    expect(await readProblem(response)).toMatchObject({ status: 409, code: 'idempotency_conflict' });
    expect(response.headers.get('retry-after')).toBeNull();
    expect(await documentsOf(served)).toHaveLength(1);
    expect(await served.temporaryFiles()).toEqual([]);
  });

  it('refuses the key for another collection, and knows a collection by id and by name', async () => {
    const served = await serveLibrary();
    await upload(served);
    const { id } = (await served.library.collections.find('default', 'default')) as { id: string };
    expect((await upload(served, { collection: id })).headers.get('idempotent-replayed')).toBe('true');
    await served.library.collections.create('default', { name: 'second', description: '', settings: {} });
    expect((await readProblem(await upload(served, { collection: 'second' }))).code).toBe('idempotency_conflict');
  });

  it('keeps the keys of tenants apart', async () => {
    const served = await serveLibrary();
    await upload(served);
    served.actAs('other');
    const foreign = await upload(served, { content: 'Other.' });
    expect([foreign.status, foreign.headers.get('idempotent-replayed')]).toEqual([202, null]);
  });

  it('frees the key when the upload fails or is refused', async () => {
    const served = await serveLibrary();
    served.failpoint.act = async () => {
      throw new Error('cut');
    };
    expect((await upload(served)).status).toBe(500);
    served.failpoint.act = async () => {};
    expect((await readProblem(await upload(served, { content: '' }))).code).toBe('document_empty');
    const third = await upload(served);
    expect([third.status, third.headers.get('idempotent-replayed')]).toEqual([202, null]);
    expect(await documentsOf(served)).toHaveLength(1);
    expect(await served.blobs.list()).toHaveLength(1);
  });

  it('waits for the first request, but not for ever', async () => {
    const served = await serveLibrary({ waitMs: 300 });
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    served.failpoint.act = () => gate;
    const first = upload(served);
    await expect.poll(() => served.blobs.list()).toHaveLength(1);
    const late = await upload(served);
    expect(await readProblem(late)).toMatchObject({ status: 409, code: 'conflict' });
    expect(late.headers.get('retry-after')).toBe('2');
    const waiting = upload(served);
    setTimeout(go, 100);
    expect((await waiting).headers.get('idempotent-replayed')).toBe('true');
    expect(await (await first).json()).toEqual(await (await upload(served)).json());
  });

  it('refuses a key that is not one', async () => {
    const served = await serveLibrary();
    for (const key of ['a b', 'x'.repeat(256), '']) {
      const problem = await readProblem(await upload(served, { key }));
      expect(problem).toMatchObject({ status: 400, errors: [{ path: 'idempotency-key' }] });
    }
    expect(await documentsOf(served)).toEqual([]);
  });

  it('works for JSON, whatever the order of its fields', async () => {
    const served = await serveLibrary();
    const first = await post(served, '/default/documents', { title: 'A', text: 'B', metadata: { x: 1, y: 2 } }, 'k');
    const again = await post(served, '/default/documents', { metadata: { y: 2, x: 1 }, text: 'B', title: 'A' }, 'k');
    expect(await again.json()).toEqual(await first.json());
    const other = await post(served, '/default/documents', { title: 'A', text: 'C' }, 'k');
    expect((await readProblem(other)).code).toBe('idempotency_conflict');
  });
});

describe('a collection with an Idempotency-Key', () => {
  it('is created once; the key is another one than that of an upload', async () => {
    const served = await serveLibrary();
    await upload(served, { key: 'k' });
    const first = await post(served, '', { name: 'legal' }, 'k');
    expect(first.status).toBe(201);
    const again = await post(served, '', { name: 'legal' }, 'k');
    expect([again.status, again.headers.get('location')]).toEqual([201, first.headers.get('location')]);
    expect(await again.json()).toEqual(await first.json());
    expect((await readProblem(await post(served, '', { name: 'law' }, 'k'))).code).toBe('idempotency_conflict');
    expect((await readProblem(await post(served, '', { name: 'legal' }, 'k2'))).code).toBe('conflict');
  });
});

describe('an upload with an externalId', () => {
  const one = (text: string) => ({ title: 'Wiki', text, externalId: 'wiki-7' });
  const send = async (served: Served, body: unknown) => {
    const response = await fetch(`${served.url}/api/v1/collections/default/documents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { documents } = (await response.json()) as { documents: [Document] };
    return documents[0];
  };

  it('is a new version of the document that has it, a duplicate when the content is the same', async () => {
    const served = await serveLibrary();
    const first = await send(served, one('Soup.'));
    const second = await send(served, one('Bread.'));
    expect([second.id, second.version, second.duplicate]).toEqual([first.id, 2, undefined]);
    const third = await send(served, one('Bread.'));
    expect([third.id, third.version, third.duplicate]).toEqual([first.id, 2, true]);
    expect(await documentsOf(served)).toHaveLength(1);
    expect(await served.blobs.list()).toHaveLength(2);
  });
});
