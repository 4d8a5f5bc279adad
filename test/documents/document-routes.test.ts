import { describe, expect, it } from 'vitest';
import { readServerSentEvents } from '../../src/cli/read-server-sent-events.js';
import type { Document } from '../../src/domain/document.js';
import { publishedDocument } from '../contract/library-subject.js';
import { readProblem } from '../support/http-server.js';
import { serveLibrary } from '../support/library-server.js';

type Served = Awaited<ReturnType<typeof serveLibrary>>;

async function uploadOne(served: Served, name: string, content: string, fields: Record<string, string> = {}) {
  const response = await served.upload([{ name, content }], fields);
  const { documents } = (await response.json()) as { documents: Document[] };
  return documents[0] as Document;
}

async function list(served: Served, query: string): Promise<{ data: Document[]; nextCursor: string | null }> {
  const response = await fetch(`${served.url}/api/v1/collections/default/documents${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as { data: Document[]; nextCursor: string | null };
}

describe('the document routes', () => {
  it('list newest first, page by page, narrowed by status, title and metadata', async () => {
    const served = await serveLibrary();
    await uploadOne(served, 'alpha.md', '# A\n\none', { metadata: '{"year":2025}' });
    await uploadOne(served, 'beta.md', '# B\n\ntwo', { metadata: '{"year":2026}' });
    await uploadOne(served, 'gamma.md', '# C\n\nthree', { metadata: '{"year":2026}' });
    const first = await list(served, '?limit=2');
    const second = await list(served, `?limit=2&cursor=${first.nextCursor}`);
    expect([...first.data, ...second.data].map(({ title }) => title)).toEqual(['gamma', 'beta', 'alpha']);
    expect(second.nextCursor).toBeNull();
    expect((await list(served, '?metadata.year=2026')).data).toHaveLength(2);
    expect((await list(served, '?q=ALPH')).data.map(({ title }) => title)).toEqual(['alpha']);
    expect((await list(served, '?status=ready')).data).toEqual([]);
    const unknown = await fetch(`${served.url}/api/v1/collections/default/documents?color=red`);
    expect(await readProblem(unknown)).toMatchObject({ code: 'invalid_request', errors: [{ path: 'color' }] });
  });

  it('give the original bytes as an attachment, whole, in a range, and 416 outside', async () => {
    const served = await serveLibrary();
    const { id } = await uploadOne(served, 'Bericht „Ä“.txt', 'abcdefghij');
    const url = `${served.url}/api/v1/documents/${id}/content`;
    const whole = await fetch(url);
    expect(await whole.text()).toBe('abcdefghij');
    expect(whole.headers.get('content-disposition')).toMatch(/^attachment; .*filename\*=UTF-8''/);
    expect(whole.headers.get('x-content-type-options')).toBe('nosniff');
    const part = await fetch(url, { headers: { range: 'bytes=2-4' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe('bytes 2-4/10');
    expect(await part.text()).toBe('cde');
    expect((await fetch(url, { headers: { range: 'bytes=20-' } })).status).toBe(416);
  });

  it('give pages and passages whose text is the slice of the page', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    const response = await fetch(`${served.url}/api/v1/documents/${documentId}/passages?limit=200`);
    const { data } = (await response.json()) as { data: { page: number; start: number; end: number; text: string }[] };
    expect(data.length).toBeGreaterThan(0);
    for (const passage of data) {
      const page = await fetch(`${served.url}/api/v1/documents/${documentId}/pages/${passage.page}`);
      const { text } = (await page.json()) as { text: string };
      expect(text.slice(passage.start, passage.end)).toBe(passage.text);
    }
    expect((await fetch(`${served.url}/api/v1/documents/${documentId}/pages/99`)).status).toBe(404);
  });

  it('say 404 with the same body for unknown, foreign and deleted documents', async () => {
    const served = await serveLibrary();
    const { id } = await uploadOne(served, 'a.txt', 'mine');
    const paths = (address: string) => [
      ['GET', `/api/v1/documents/${address}`],
      ['GET', `/api/v1/documents/${address}/content`],
      ['GET', `/api/v1/documents/${address}/pages/1`],
      ['GET', `/api/v1/documents/${address}/passages`],
      ['GET', `/api/v1/documents/${address}/events`],
      ['GET', `/documents/${address}`],
      ['DELETE', `/api/v1/documents/${address}`],
    ];
    const bodies = async (address: string) => {
      const found: unknown[] = [];
      for (const [method, path] of paths(address) as [string, string][]) {
        const response = await fetch(`${served.url}${path}`, { method });
        const { instance: _instance, ...problem } = await readProblem(response);
        expect(problem.status).toBe(404);
        found.push(problem);
      }
      return found;
    };
    served.actAs('other');
    const foreign = await bodies(id);
    expect(foreign).toEqual(await bodies('doc_unknown'));
    served.actAs('default');
    expect((await fetch(`${served.url}/api/v1/documents/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect(await bodies(id)).toEqual(foreign);
  });

  it('wait until the document is settled, at the longest as long as was said', async () => {
    const served = await serveLibrary();
    const { id } = await uploadOne(served, 'a.txt', 'waiting');
    const still = await fetch(`${served.url}/api/v1/documents/${id}?wait=0.2`);
    expect(((await still.json()) as Document).status).toBe('queued');
    const waiting = fetch(`${served.url}/api/v1/documents/${id}?wait=30`);
    const lease = served.library.takeJob(id);
    const target = await served.library.ingest.findTarget(id, 1);
    if (lease === null || target === null) throw new Error('the job is not there');
    await served.library.ingest.fail(lease, target, { code: 'no_text', detail: 'The file holds no text.' }, null);
    expect(await (await waiting).json()).toMatchObject({ status: 'failed', error: { code: 'no_text' } });
  });

  it('tell the end of an ingestion as the last event', async () => {
    const served = await serveLibrary();
    const { documentId } = await publishSample(served);
    const names: string[] = [];
    const response = await fetch(`${served.url}/api/v1/documents/${documentId}/events`);
    for await (const { event } of readServerSentEvents(response)) names.push(event);
    expect(names.at(-1)).toBe('document-ready');
  });

  it('show markup in titles and texts as text, never as markup', async () => {
    const served = await serveLibrary();
    const { id } = await uploadOne(served, '<img src=x onerror=alert(1)>.md', '<script>alert(2)</script>');
    expect(id).toMatch(/^doc_/);
    const { documentId } = await publishSample(served, '<img src=x onerror=alert(1)>');
    const html = await (await fetch(`${served.url}/documents/${documentId}?page=1&start=0&end=4`)).text();
    expect(html).not.toContain('<img');
    expect(html).toContain('<mark id="quote">');
  });
});

describe('the collection routes', () => {
  it('create, read by id and name, change, refuse a taken name, and delete', async () => {
    const served = await serveLibrary();
    const call = (method: string, path: string, body?: unknown) =>
      fetch(`${served.url}/api/v1/collections${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
    const created = await call('POST', '', { name: 'legal', description: 'Contracts' });
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };
    expect(await (await call('GET', '/legal')).json()).toMatchObject({ id, description: 'Contracts' });
    expect((await readProblem(await call('POST', '', { name: 'legal' }))).code).toBe('conflict');
    expect((await readProblem(await call('POST', '', { name: 'Not A Slug' }))).code).toBe('invalid_request');
    expect(await (await call('PATCH', `/${id}`, { name: 'law' })).json()).toMatchObject({ id, name: 'law' });
    expect((await call('DELETE', '/law')).status).toBe(204);
    expect((await readProblem(await call('GET', `/${id}`))).code).toBe('not_found');
  });
});

async function publishSample({ library }: Served, title = 'Travel policy') {
  const subject = {
    ...library,
    takeJob: async (documentId: string) => library.takeJob(documentId),
    buryJob: async () => {},
    listJobs: async () => [],
    close: async () => {},
  };
  return await publishedDocument(subject, { tenantId: 'default', file: { title } });
}
