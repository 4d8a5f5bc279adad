import { describe, expect, it } from 'vitest';
import type { Document } from '../../src/domain/document.js';
import { publishedDocument, sampleTimings } from '../contract/library-subject.js';
import { readProblem } from '../support/http-server.js';
import { serveLibrary } from '../support/library-server.js';

type Served = Awaited<ReturnType<typeof serveLibrary>>;

async function publishSample({ library }: Served, title = 'Travel policy') {
  const subject = {
    ...library,
    takeJob: async (documentId: string) => library.takeJob(documentId),
    buryJob: async () => {},
    listJobs: async () => [],
    close: async () => {},
  };
  const file = { title, metadata: { year: 2024 }, acl: ['staff'] };
  return await publishedDocument(subject, { tenantId: 'default', file });
}

function send(served: Served, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const json = { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
  return fetch(`${served.url}/api/v1/documents/${path}`, body === undefined ? { method, headers } : json);
}

function putFiles(served: Served, id: string, files: Record<string, string>, fields: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, content] of Object.entries(files)) form.append('files', new Blob([content]), name);
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  return fetch(`${served.url}/api/v1/documents/${id}`, { method: 'PUT', body: form });
}

async function failNewest({ library }: Served, id: string, version: number) {
  const lease = library.takeJob(id);
  const target = await library.ingest.findTarget(id, version);
  if (lease === null || target === null) throw new Error('the job is not there');
  await library.ingest.fail(lease, target, { code: 'corrupt', detail: 'The file is damaged.' }, null);
}

const read = async (response: Response) => (await response.json()) as Document;

describe('PATCH /documents/:id', () => {
  it('changes what is given, keeps the rest, and the passages carry the new title at once', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    const changed = await send(served, 'PATCH', documentId, { title: ' Reisen ', acl: null });
    expect(changed.status).toBe(200);
    expect(await read(changed)).toMatchObject({ title: 'Reisen', acl: null, metadata: { year: 2024 }, version: 1 });
    const passages = await fetch(`${served.url}/api/v1/documents/${documentId}/passages`);
    expect(((await passages.json()) as { data: unknown[] }).data[0]).toMatchObject({ documentTitle: 'Reisen' });
    expect(await read(await send(served, 'PATCH', documentId, { metadata: { a: 'b' } }))).toMatchObject({
      title: 'Reisen',
      metadata: { a: 'b' },
    });
  });

  it.each([
    [{ id: 'doc_x' }, 'id'],
    [{ status: 'ready' }, 'status'],
    [{ tenantId: 'other' }, 'tenantId'],
    [{ createdAt: '2020-01-01T00:00:00Z' }, 'createdAt'],
    [{ externalId: 'x' }, 'externalId'],
    [{ title: '' }, 'title'],
    [{ metadata: { a: { b: 1 } } }, 'metadata.a'],
    [{ acl: 'staff' }, 'acl'],
  ])('refuses %j', async (body, path) => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    const problem = await readProblem(await send(served, 'PATCH', documentId, body));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path }] });
  });

  it('honours If-Match: the tag of GET once, then 412 until it is read again', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    const tag = (await send(served, 'GET', documentId)).headers.get('etag') ?? '';
    expect(tag).toMatch(/^W\/"[\w-]{22}"$/);
    const first = await send(served, 'PATCH', documentId, { title: 'One' }, { 'if-match': `"other", ${tag}` });
    expect(first.status).toBe(200);
    const late = await send(served, 'PATCH', documentId, { title: 'Two' }, { 'if-match': tag });
    expect(await readProblem(late)).toMatchObject({ status: 412, code: 'precondition_failed' });
    const put = await send(served, 'PUT', documentId, { title: 'Two', text: 'New.' }, { 'if-match': tag });
    expect((await readProblem(put)).status).toBe(412);
    const next = first.headers.get('etag') ?? '';
    expect(next).not.toBe(tag);
    expect((await send(served, 'GET', documentId)).headers.get('etag')).toBe(next);
    expect((await send(served, 'PATCH', documentId, { title: 'Two' }, { 'if-match': next })).status).toBe(200);
    expect((await send(served, 'PATCH', documentId, { title: 'Three' }, { 'if-match': '*' })).status).toBe(200);
  });
});

describe('PUT /documents/:id', () => {
  it('takes a file as the next version while the present one answers, and shows it when it is published', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    const response = await putFiles(
      served,
      documentId,
      { 'v2.md': '# Two\n\nNew rules.\n' },
      { metadata: '{"year":2026}' },
    );
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/api/v1/documents/${documentId}`);
    expect(response.headers.get('etag')).not.toBeNull();
    expect(await read(response)).toMatchObject({
      ...{ id: documentId, version: 2, status: 'queued', title: 'Travel policy', filename: 'v2.md', passages: 3 },
      metadata: { year: 2026 },
    });
    const page = async () => (await fetch(`${served.url}/api/v1/documents/${documentId}/pages/1`)).json();
    expect(await page()).toMatchObject({ version: 1 });
    const content = await fetch(`${served.url}/api/v1/documents/${documentId}/content`);
    expect(await content.text()).toBe('# Two\n\nNew rules.\n');

    const { ingest } = served.library;
    const lease = served.library.takeJob(documentId);
    const target = await ingest.findTarget(documentId, 2);
    if (lease === null || target === null) throw new Error('the job is not there');
    const pages = [{ number: 1, label: null, status: 'text', reason: null, text: 'New rules.', blocks: [] } as const];
    await ingest.savePages(lease, target, {
      pages: [...pages].map((one) => ({ ...one, blocks: [] })),
      paged: false,
      title: null,
      language: 'en',
    });
    await ingest.publish(lease, target, { timings: sampleTimings, indexedLength: 1 });
    expect(await page()).toMatchObject({ version: 2, text: 'New rules.' });
  });

  it('takes a title and a text as JSON, and the same text again as a duplicate', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    const body = { title: 'Canteen', text: 'Soup is served at noon.' };
    const first = await read(await send(served, 'PUT', documentId, body));
    expect(first).toMatchObject({ version: 2, title: 'Canteen', mediaType: 'text/plain' });
    expect(first.duplicate).toBeUndefined();
    const blobs = await served.blobs.list();
    const again = await send(served, 'PUT', documentId, body);
    expect(again.status).toBe(202);
    expect(await read(again)).toMatchObject({ version: 2, duplicate: true });
    expect(await served.blobs.list()).toEqual(blobs);
    expect(await served.temporaryFiles()).toEqual([]);
  });

  it('waits for the new version when asked, not for the old one that is ready', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    const put = send(served, 'PUT', `${documentId}?wait=30`, { title: 'Bad', text: 'Broken.' });
    await expect.poll(async () => (await served.library.documents.find('default', documentId))?.version).toBe(2);
    await failNewest(served, documentId, 2);
    expect(await read(await put)).toMatchObject({
      version: 2,
      status: 'failed',
      error: { code: 'corrupt' },
      passages: 3,
    });
  });

  it('refuses the content of another document with 409 and keeps nothing of it', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    await served.upload([{ name: 'a.txt', content: 'Taken.' }]);
    const blobs = await served.blobs.list();
    const response = await putFiles(served, documentId, { 'b.txt': 'Taken.' });
    expect(await readProblem(response)).toMatchObject({ status: 409, code: 'conflict' });
    expect(await served.blobs.list()).toEqual(blobs);
    expect(await served.temporaryFiles()).toEqual([]);
    expect(await read(await send(served, 'GET', documentId))).toMatchObject({ version: 1, status: 'ready' });
  });

  it('takes exactly one file, and no externalId', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    expect((await readProblem(await putFiles(served, documentId, {}))).status).toBe(400);
    expect((await readProblem(await putFiles(served, documentId, { 'a.txt': 'a', 'b.txt': 'b' }))).status).toBe(413);
    const named = await putFiles(served, documentId, { 'a.txt': 'a' }, { externalId: 'x' });
    expect(await readProblem(named)).toMatchObject({ status: 400, errors: [{ path: 'externalId' }] });
    const png = Buffer.from('89504e470d0a1a0a', 'hex').toString('latin1');
    expect((await readProblem(await putFiles(served, documentId, { 'x.png': png }))).status).toBe(415);
    const unknown = await send(served, 'PUT', documentId, { title: 'x', text: 'y', status: 'ready' });
    expect(await readProblem(unknown)).toMatchObject({ status: 400, errors: [{ path: 'status' }] });
    expect(await served.temporaryFiles()).toEqual([]);
    expect(await read(await send(served, 'GET', documentId))).toMatchObject({ version: 1 });
  });

  it('keeps an accepted version whatever happens after it was accepted', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    served.failpoint.act = async (name) => {
      if (name === 'upload.after_ack') throw new Error('cut');
    };
    expect((await send(served, 'PUT', documentId, { title: 'x', text: 'y' })).status).toBe(500);
    const blob = await served.library.documents.findBlob('default', documentId);
    expect(await served.blobs.list()).toContain(blob?.blobKey);
    served.failpoint.act = async (name) => {
      if (name === 'upload.before_commit') throw new Error('cut');
    };
    const before = await served.blobs.list();
    expect((await send(served, 'PUT', documentId, { title: 'x', text: 'z' })).status).toBe(500);
    expect(await served.blobs.list()).toEqual(before);
  });
});

describe('POST /documents/:id/retry', () => {
  it('queues a failed document, and refuses one that has not failed', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    const refused = await send(served, 'POST', `${documentId}/retry`);
    expect(await readProblem(refused)).toMatchObject({ status: 409, code: 'conflict' });
    await send(served, 'PUT', documentId, { title: 'x', text: 'y' });
    await failNewest(served, documentId, 2);
    const retried = await send(served, 'POST', `${documentId}/retry`);
    expect(retried.status).toBe(202);
    expect(await read(retried)).toMatchObject({ status: 'queued', error: null, version: 2 });
    expect((await send(served, 'POST', `${documentId}/retry`)).status).toBe(409);
    expect((await readProblem(await send(served, 'POST', `${documentId}/retry`, { force: true }))).status).toBe(400);
  });
});

describe('changing a document that is not there', () => {
  it('is 404 with the same body for unknown, foreign and deleted ones', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    const problems = async (id: string) => {
      const responses = [
        await send(served, 'PATCH', id, { title: 'x' }),
        await send(served, 'PUT', id, { title: 'x', text: 'y' }),
        await putFiles(served, id, { 'a.txt': 'a' }),
        await send(served, 'POST', `${id}/retry`),
      ];
      const found = await Promise.all(responses.map(readProblem));
      return found.map(({ instance: _, ...problem }) => problem);
    };
    const unknown = await problems('doc_unknown');
    expect(unknown.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    served.actAs('other');
    expect(await problems(documentId)).toEqual(unknown);
    served.actAs('default');
    await send(served, 'DELETE', documentId);
    expect(await problems(documentId)).toEqual(unknown);
    expect(await served.temporaryFiles()).toEqual([]);
  });
});
