import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Document } from '../../src/domain/document.js';
import { runProgram } from '../support/run-cli.js';
import { pause, startFootnote } from '../support/running-footnote.js';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'footnote-stop-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

/** Pids of the children that the log names as started. */
function childrenOf(log: string): number[] {
  return [...log.matchAll(/"childPid":(\d+),"state":"started"/g)].map((match) => Number(match[1]));
}

async function expectGone(pids: number[]): Promise<void> {
  await expect.poll(() => pids.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 5000 }).toEqual([]);
}

describe('stopping and starting', () => {
  it('leaves no child behind when it is killed, and the next start has everything', async () => {
    const first = await startFootnote({ dataDir });
    const document = await first.upload({ filename: 'kept.md', content: '# Kept\n\nThe wombat guards the archive.\n' });
    const children = childrenOf(first.output());
    expect(children.length).toBeGreaterThanOrEqual(2);
    await first.stop('SIGKILL');
    await expectGone(children);

    await using second = await startFootnote({ dataDir });
    const { body } = await second.get<Document>(`/api/v1/documents/${document.id}`);
    expect(body.status).toBe('ready');
    expect((await second.search('wombat archive', 'vector')).passages[0]?.documentId).toBe(document.id);
  });

  it('gives a document that was being ingested back on SIGTERM and finishes it after the next start', async () => {
    const first = await startFootnote({ dataDir, env: { FAIL: 'ingest.embed:delay=60000' } });
    const form = new FormData();
    form.append('files', new Blob(['The narwhal signs the minutes.']), 'minutes.txt');
    const response = await first.fetch('/api/v1/collections/default/documents', { method: 'POST', body: form });
    const { documents } = (await response.json()) as { documents: Document[] };
    await expect
      .poll(async () => (await first.get<Document>(`/api/v1/documents/${documents[0]?.id}`)).body.status, {
        timeout: 20_000,
      })
      .toBe('processing');
    await pause(300);
    const children = childrenOf(first.output());
    const started = Date.now();
    expect(await first.stop('SIGTERM')).toBe(0);
    expect(Date.now() - started).toBeLessThan(30_000);
    await expectGone(children);

    await using second = await startFootnote({ dataDir });
    const { body } = await second.get<Document>(`/api/v1/documents/${documents[0]?.id}?wait=20`);
    expect(body).toMatchObject({ status: 'ready', passages: 1 });
  }, 60_000);

  it('refuses a second server on the same data directory with one sentence', async () => {
    await using _first = await startFootnote({ dataDir });
    const second = await runProgram('src/server', [], { DATA_DIR: dataDir, PORT: '0' });
    expect(second.code).toBe(1);
    expect(second.stderr.trim()).toMatch(/^Another Footnote \(pid \d+.*\) is using this DATA_DIR\. [^\n]*$/);
  });

  it('restarts Chroma when it dies and answers searches all the while', async () => {
    await using footnote = await startFootnote({ dataDir });
    const document = await footnote.upload({ filename: 'a.md', content: 'The pelican counts the crates.\n' });
    const [chroma] = /"child":"chroma","childPid":(\d+),"state":"started"/.exec(footnote.output())?.slice(1) ?? [];
    process.kill(Number(chroma), 'SIGKILL');
    expect((await footnote.search('pelican crates')).passages[0]?.documentId).toBe(document.id);
    await expect
      .poll(async () => (await footnote.fetch('/ready')).status, { timeout: 15_000, interval: 200 })
      .toBe(200);
    expect((await footnote.search('pelican crates', 'vector')).passages[0]?.documentId).toBe(document.id);
  });

  it('rebuilds the vector index by itself when its directory is gone', async () => {
    const first = await startFootnote({ dataDir });
    const document = await first.upload({ filename: 'b.md', content: 'The heron reads the meters.\n' });
    await first.stop('SIGTERM');
    await rm(join(dataDir, 'chroma'), { recursive: true });
    await using second = await startFootnote({ dataDir });
    await expect
      .poll(async () => (await second.search('heron meters', 'vector')).passages[0]?.documentId, { timeout: 15_000 })
      .toBe(document.id);
  }, 60_000);

  it.each([
    [{ PORT: 'eighty' }, /PORT/],
    [{ HOST: '0.0.0.0' }, /API_KEYS/],
    [{ CHAT_MODEL: 'openai:gpt-4o-mini' }, /OPENAI_API_KEY/],
    [{ EMBEDDING_MODEL: 'word2vec' }, /EMBEDDING_MODEL/],
  ])('refuses to start with %j and says which setting is wrong', async (env, sentence) => {
    const result = await runProgram('src/server', [], { DATA_DIR: dataDir, OPENAI_API_KEY: '', ...env });
    expect(result.code).toBe(1);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toMatch(sentence);
  });
});
