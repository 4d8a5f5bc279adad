import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Document } from '../../src/domain/document.js';
import { readProblem } from '../support/http-server.js';
import { serveLibrary } from '../support/library-server.js';

interface Uploaded {
  documents: Document[];
  rejected: { filename: string; code: string; detail: string }[];
}

const note = (text: string, name = 'note.md') => ({ name, content: `# Note\n\n${text}\n` });

describe('POST /collections/:collection/documents', () => {
  it('accepts several files at once, with their metadata, and answers 202 with Location', async () => {
    const served = await serveLibrary();
    const response = await served.upload([note('one', 'a.md'), note('two', 'b.md')], { metadata: '{"year":2026}' });
    expect(response.status).toBe(202);
    const { documents, rejected } = (await response.json()) as Uploaded;
    expect(rejected).toEqual([]);
    expect(documents.map(({ title, status, metadata }) => ({ title, status, metadata }))).toEqual([
      { title: 'a', status: 'queued', metadata: { year: 2026 } },
      { title: 'b', status: 'queued', metadata: { year: 2026 } },
    ]);
    expect(response.headers.get('location')).toBe(`/api/v1/documents/${documents[0]?.id}`);
    expect(await served.temporaryFiles()).toEqual([]);
  });

  it('accepts a title and a text as JSON', async () => {
    const served = await serveLibrary();
    const response = await fetch(`${served.url}/api/v1/collections/default/documents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Canteen', text: 'Soup is served at noon.', externalId: 'wiki-7' }),
    });
    expect(response.status).toBe(202);
    const { documents } = (await response.json()) as Uploaded;
    expect(documents[0]).toMatchObject({ title: 'Canteen', mediaType: 'text/plain', externalId: 'wiki-7' });
  });

  it('gives the existing document for the same bytes, also when twenty clients send them at once', async () => {
    const served = await serveLibrary();
    const responses = await Promise.all(Array.from({ length: 20 }, () => served.upload([note('same')])));
    const bodies = (await Promise.all(responses.map((response) => response.json()))) as Uploaded[];
    expect(new Set(bodies.map(({ documents }) => documents[0]?.id)).size).toBe(1);
    expect(bodies.filter(({ documents }) => documents[0]?.duplicate !== true)).toHaveLength(1);
    expect(await served.blobs.list()).toHaveLength(1);
    expect(await served.temporaryFiles()).toEqual([]);
  });

  it('takes the good files of a request and names the reason for each other one', async () => {
    const served = await serveLibrary();
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
    const response = await served.upload([
      note('good'),
      { name: 'x.png', content: png },
      { name: 'e.txt', content: '' },
    ]);
    expect(response.status).toBe(202);
    const { documents, rejected } = (await response.json()) as Uploaded;
    expect(documents).toHaveLength(1);
    expect(rejected.map(({ filename, code }) => [filename, code])).toEqual([
      ['x.png', 'unsupported_media_type'],
      ['e.txt', 'document_empty'],
    ]);
  });

  it('answers with the reason when every file was rejected', async () => {
    const served = await serveLibrary();
    const response = await served.upload([{ name: 'x.bin', content: Buffer.from([0, 1, 2, 3, 255, 254, 0, 7]) }]);
    expect(response.status).toBe(415);
    expect(await readProblem(response)).toMatchObject({ code: 'unsupported_media_type' });
    expect(await served.blobs.list()).toEqual([]);
  });

  it.each([
    [{ metadata: '{"a":' }, 'metadata'],
    [{ metadata: '{"__proto__":1}' }, 'metadata'],
    [{ acl: '"staff"' }, 'acl'],
    [{ status: 'ready' }, ''],
  ])('refuses the fields %j', async (fields, path) => {
    const served = await serveLibrary();
    const response = await served.upload([note('x')], fields as Record<string, string>);
    expect(response.status).toBe(400);
    const problem = await readProblem(response);
    expect(problem.code).toBe('invalid_request');
    expect(problem.errors?.[0]?.path.startsWith(path)).toBe(true);
    expect(await served.temporaryFiles()).toEqual([]);
  });

  it('refuses a request without files, and files under another name', async () => {
    const served = await serveLibrary();
    expect((await readProblem(await served.upload([]))).status).toBe(400);
    const form = new FormData();
    form.append('upload', new Blob(['x']), 'x.txt');
    const response = await fetch(`${served.url}/api/v1/collections/default/documents`, { method: 'POST', body: form });
    expect((await readProblem(response)).status).toBe(400);
  });

  it('answers 404 for a collection that does not exist or is another tenant’s', async () => {
    const served = await serveLibrary();
    const foreign = await served.library.collections.find('other', 'default');
    for (const name of ['nowhere', foreign?.id]) {
      const form = new FormData();
      form.append('files', new Blob(['x']), 'x.txt');
      const response = await fetch(`${served.url}/api/v1/collections/${name}/documents`, {
        method: 'POST',
        body: form,
      });
      expect((await readProblem(response)).code).toBe('not_found');
    }
  });

  it('stops reading as soon as a file is too large, and keeps nothing of it', async () => {
    const served = await serveLibrary({ maxFileBytes: 10_000 });
    const answer = await sendEndless(served.port);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('payload_too_large');
    await expect.poll(served.temporaryFiles, { timeout: 5000 }).toEqual([]);
  });

  it('keeps nothing of an upload whose client leaves in the middle', async () => {
    const served = await serveLibrary();
    const socket = connect(served.port, '127.0.0.1');
    socket.write(
      'POST /api/v1/collections/default/documents HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n' +
        'Content-Type: multipart/form-data; boundary=xx\r\n\r\n--xx\r\n' +
        `Content-Disposition: form-data; name="files"; filename="half.txt"\r\n\r\n${'z'.repeat(5000)}`,
    );
    await expect.poll(served.temporaryFiles, { timeout: 5000 }).toHaveLength(1);
    socket.destroy();
    await expect.poll(served.temporaryFiles, { timeout: 5000 }).toEqual([]);
    expect(await served.blobs.list()).toEqual([]);
  });

  it('says trouble of ours as an error of the request, not of the file', async () => {
    const served = await serveLibrary();
    served.blobs.setFull(true);
    const response = await served.upload([note('x')]);
    expect(response.status).toBe(507);
    expect((await readProblem(response)).code).toBe('storage_full');
  });
});

/** Sends a multipart body that never ends; gives what the server answered before it cut the line. */
function sendEndless(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data: Buffer) => {
      answer += data.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.write(
      'POST /api/v1/collections/default/documents HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n' +
        'Content-Type: multipart/form-data; boundary=xx\r\n\r\n',
    );
    const piece = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
    socket.write(piece('--xx\r\nContent-Disposition: form-data; name="files"; filename="big.txt"\r\n\r\n'));
    const timer = setInterval(() => {
      if (socket.destroyed) clearInterval(timer);
      else socket.write(piece('y'.repeat(4000)));
    }, 5);
  });
}
