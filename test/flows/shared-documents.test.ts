import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Document, documentSchema } from '../../src/domain/document.js';
import { type RunningFootnote, startFootnote } from '../support/running-footnote.js';

const FOLDER = new URL('../../../shared/data/documents/', import.meta.url).pathname;

interface Entry {
  file: string;
  expect: 'text' | 'rejected' | 'no_text';
  also_ok?: string[] | null;
  reason?: string | null;
  pages?: number | null;
  contains?: string[] | null;
  not_contains?: string[] | null;
}

interface Manifest {
  entries: Entry[];
  hostile_filenames: string[];
}

/** What became of an upload: the document, or the code it was refused with. */
type Outcome = { document: Document } | { code: string; status: number };

/** The manifest's rule for comparing: NFKC, no invisible characters, white space folded, no case. */
function folded(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g, '')
    .replace(/\s+/g, ' ')
    .toLowerCase();
}

async function uploadBytes(footnote: RunningFootnote, bytes: Uint8Array, filename: string): Promise<Outcome> {
  const form = new FormData();
  form.append('files', new Blob([bytes]), filename);
  const response = await footnote.fetch('/api/v1/collections/default/documents?wait=60', {
    method: 'POST',
    body: form,
  });
  const body = (await response.json()) as { documents?: unknown[]; code?: string };
  if (response.status !== 202) return { code: body.code ?? '', status: response.status };
  return { document: documentSchema.parse(body.documents?.[0]) };
}

async function storedText(footnote: RunningFootnote, document: Document): Promise<string> {
  let text = '';
  for (let page = 1; page <= document.pages.total; page += 1) {
    const { body } = await footnote.get<{ text: string }>(`/api/v1/documents/${document.id}/pages/${page}`);
    text += `${body.text}\n`;
  }
  return text;
}

/** Null when the outcome is one that the manifest allows, else what is wrong. */
async function judge(footnote: RunningFootnote, entry: Entry, outcome: Outcome): Promise<string | null> {
  const allowed = [entry.expect, ...(entry.also_ok ?? [])];
  if ('code' in outcome) {
    if (outcome.status >= 500) return `status ${outcome.status}`;
    return allowed.includes('rejected') || (allowed.includes('no_text') && outcome.code === 'document_empty')
      ? null
      : outcome.code;
  }
  const { document } = outcome;
  if (document.status === 'failed') {
    const kind = document.error?.code === 'no_text' ? 'no_text' : 'rejected';
    return allowed.includes(kind) ? null : `failed: ${document.error?.code}`;
  }
  if (!allowed.includes('text')) return `${document.status}, but must be ${allowed.join(' or ')}`;
  const text = folded(await storedText(footnote, document));
  const missing = (entry.contains ?? []).filter((phrase) => !text.includes(folded(phrase)));
  const unwanted = (entry.not_contains ?? []).filter((phrase) => text.includes(folded(phrase)));
  if (missing.length > 0) return `does not hold ${JSON.stringify(missing)}`;
  if (unwanted.length > 0) return `holds ${JSON.stringify(unwanted)}`;
  return null;
}

describe.skipIf(!existsSync(join(FOLDER, 'manifest.json')))('the shared documents (skipped without ../shared)', () => {
  const manifest = () => JSON.parse(readFileSync(join(FOLDER, 'manifest.json'), 'utf8')) as Manifest;

  it('end as their manifest says for at least 40 of 66, and none takes the server down', async () => {
    await using footnote = await startFootnote();
    const rows: string[] = [];
    let right = 0;
    for (const entry of manifest().entries) {
      const outcome = await uploadBytes(footnote, readFileSync(join(FOLDER, entry.file)), basename(entry.file));
      const wrong = await judge(footnote, entry, outcome);
      const got = 'code' in outcome ? outcome.code : `${outcome.document.status} ${outcome.document.error?.code ?? ''}`;
      if (wrong === null) right += 1;
      rows.push(`${wrong === null ? 'ok ' : '-- '} ${entry.file}: ${got.trim()}${wrong === null ? '' : ` (${wrong})`}`);
      expect((await footnote.fetch('/health')).status).toBe(200);
    }
    process.stdout.write(`${rows.join('\n')}\n${right} of ${rows.length} as the manifest says\n`);
    expect(footnote.output()).not.toContain('"child":"ingest-worker","childPid":null');
    expect(right).toBeGreaterThanOrEqual(40);
  }, 300_000);

  it('may carry any name: it is shown cleaned and never becomes a path', async () => {
    await using footnote = await startFootnote();
    for (const [index, name] of manifest().hostile_filenames.entries()) {
      const outcome = await uploadBytes(
        footnote,
        new TextEncoder().encode(`Note number ${index} about parrots.`),
        name,
      );
      if ('code' in outcome) expect(outcome.status, name).toBeLessThan(500);
      else expect(outcome.document.filename).not.toMatch(/[/\\\p{Cc}]/u);
    }
    expect(existsSync('/tmp/rag_name_slip.pdf')).toBe(false);
    expect(existsSync('/etc/rag_abs.pdf')).toBe(false);
    expect((await footnote.search('parrots')).passages.length).toBeGreaterThan(0);
  }, 120_000);
});
