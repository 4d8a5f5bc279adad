import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/domain/answer.js';
import type { Document, StoredPage } from '../../src/domain/document.js';
import type { SearchResponse } from '../../src/domain/passage.js';
import { type RunningFootnote, startFootnote } from '../support/running-footnote.js';

const VERSIONS = 8;
const QUESTION = 'How many crates does the harbour of Lindisfarne store?';

let footnote: RunningFootnote;

beforeAll(async () => {
  footnote = await startFootnote();
});

afterAll(async () => {
  await footnote[Symbol.asyncDispose]();
});

/** Every version says the same thing in other words at other offsets. */
function textOf(version: number): string {
  const filler = Array.from({ length: version * 3 }, (_, index) => `Ship ${version}-${index} arrived in good order.`);
  return `${filler.join(' ')}\n\nThe harbour of Lindisfarne stores ${1000 + version} crates in its sheds.\n`;
}

async function put(id: string, version: number): Promise<Document> {
  const response = await footnote.fetch(`/api/v1/documents/${id}?wait=60`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Harbour rules', text: textOf(version) }),
  });
  expect(response.status).toBe(202);
  return (await response.json()) as Document;
}

async function pageOf(id: string): Promise<StoredPage> {
  return (await footnote.get<StoredPage>(`/api/v1/documents/${id}/pages/1`)).body;
}

describe('a document that is replaced again and again while it is asked about', () => {
  it('is cited from one version each time, word for word, and is always found', async () => {
    const [first] = (await (
      await footnote.fetch('/api/v1/collections/default/documents?wait=60', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ title: 'Harbour rules', text: textOf(1) }),
      })
    )
      .json()
      .then((body) => (body as { documents: Document[] }).documents)) as [Document];
    expect(first).toMatchObject({ status: 'ready', version: 1 });
    const texts = new Map([[1, (await pageOf(first.id)).text]]);
    const answers: Answer[] = [];
    const searches: SearchResponse[] = [];
    let replacing = true;
    const asking = (async () => {
      while (replacing) answers.push(await footnote.ask(QUESTION));
    })();
    const searching = (async () => {
      while (replacing) searches.push(await footnote.search(QUESTION));
    })();
    for (let version = 2; version <= VERSIONS; version += 1) {
      expect(await put(first.id, version)).toMatchObject({ status: 'ready', version });
      const page = await pageOf(first.id);
      expect(page.version).toBe(version);
      texts.set(version, page.text);
    }
    replacing = false;
    await Promise.all([asking, searching]);
    expect(answers.length).toBeGreaterThan(VERSIONS);

    expect(searches.filter(({ passages }) => passages.length === 0)).toEqual([]);
    for (const { passages } of searches) {
      expect(new Set(passages.map(({ version }) => version)).size).toBe(1);
      for (const { version, text, start, end } of passages) expect(texts.get(version)?.slice(start, end)).toBe(text);
    }
    expect(answers.filter(({ refused, citations }) => refused || citations.length === 0)).toEqual([]);
    for (const { text, citations } of answers) {
      expect(new Set(citations.map(({ version }) => version)).size).toBe(1);
      for (const { version, quote, start, end } of citations) {
        expect(texts.get(version)?.slice(start, end)).toBe(quote);
        expect(text).toContain(`${1000 + version} crates`);
      }
    }
    const doctor = await footnote.get<Document>(`/api/v1/documents/${first.id}`);
    expect(doctor.body).toMatchObject({ status: 'ready', version: VERSIONS });
  });

  it('goes on answering from the last good version when a new one fails, and takes a retry', async () => {
    const document = await footnote.upload({
      filename: 'ferry.md',
      content: '# Ferry\n\nThe ferry leaves at seven.\n',
    });
    const form = new FormData();
    form.append('files', new Blob(['%PDF-1.7\nnot really a document\n%%EOF']), 'ferry.pdf');
    const path = `/api/v1/documents/${document.id}`;
    const broken = await footnote.fetch(`${path}?wait=60`, { method: 'PUT', body: form });
    expect(broken.status).toBe(202);
    expect(await broken.json()).toMatchObject({
      status: 'failed',
      version: 2,
      passages: 1,
      error: { code: expect.any(String) },
    });
    const answer = await footnote.ask('When does the ferry leave?');
    expect(answer.citations[0]).toMatchObject({ documentId: document.id, version: 1, documentTitle: 'Ferry' });
    expect(answer.text).toContain('seven');
    const retried = await footnote.fetch(`${path}/retry`, { method: 'POST' });
    expect(retried.status).toBe(202);
    expect((await footnote.get<Document>(`${path}?wait=60`)).body).toMatchObject({ status: 'failed', version: 2 });
    const patched = await footnote.fetch(path, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Night ferry' }),
    });
    expect(patched.status).toBe(200);
    const again = await footnote.ask('When does the ferry leave?');
    expect(again.citations[0]).toMatchObject({ documentTitle: 'Night ferry', version: 1 });
  });
});

describe('an upload whose server dies before it answers', () => {
  it('is made once when it is sent again with its Idempotency-Key', async () => {
    const upload = (server: RunningFootnote) =>
      server.fetch('/api/v1/collections/default/documents?wait=60', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'order-1' },
        body: JSON.stringify({ title: 'Crash', text: 'The crane stopped at midnight.' }),
      });
    const killed = await startFootnote({ env: { FAIL: 'upload.before_commit:kill' } });
    await expect(upload(killed)).rejects.toThrow();
    await killed.stop();
    await using restarted = await startFootnote({ dataDir: killed.dataDir });
    const { body: before } = await restarted.get<{ data: Document[] }>('/api/v1/collections/default/documents');
    expect(before.data).toEqual([]);
    const first = await upload(restarted);
    expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([202, null]);
    const text = await first.text();
    expect(JSON.parse(text)).toMatchObject({ documents: [{ status: 'ready', version: 1 }] });
    const again = await upload(restarted);
    expect([again.headers.get('idempotent-replayed'), await again.text()]).toEqual(['true', text]);
    const { body: after } = await restarted.get<{ data: Document[] }>('/api/v1/collections/default/documents');
    expect(after.data).toHaveLength(1);
  });
});
