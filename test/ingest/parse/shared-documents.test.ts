import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { hasText, parseDocument } from '../../../ingest/parse/parse-document.js';
import { sniffMediaType } from '../../../src/documents/sniff-media-type.js';
import { AppError } from '../../../src/domain/errors.js';
import type { ParsedDocument } from '../../../src/domain/parsed-document.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

interface ManifestEntry {
  file: string;
  expect: 'text' | 'rejected' | 'no_text';
  reason?: string;
  also_ok?: string[];
  contains?: string[];
  not_contains?: string[];
  pages?: number;
}

interface Outcome {
  kind: 'text' | 'rejected' | 'no_text';
  detail: string;
  parsed: ParsedDocument | null;
  ms: number;
}

const FOLDER = resolve(import.meta.dirname, '../../../../shared/data/documents');

/** The manifest's match rule: NFKC, drop bidi, zero-width and soft hyphen, collapse white space, fold case. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]/g, '')
    .replace(/\s+/g, ' ')
    .toLowerCase();
}

async function ingest(file: string): Promise<Outcome> {
  const path = resolve(FOLDER, file);
  const started = performance.now();
  const ms = () => Math.round(performance.now() - started);
  try {
    const { mediaType } = await sniffMediaType({ path, filename: file });
    const parsed = await parseDocument({ ...parserInput(readFileSync(path)), filename: file, mediaType });
    return { kind: hasText(parsed) ? 'text' : 'no_text', detail: mediaType, parsed, ms: ms() };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: 'rejected', detail: error.code, parsed: null, ms: ms() };
  }
}

/** What is wrong with an outcome; null when it is as the manifest wants it. */
function judge(entry: ManifestEntry, outcome: Outcome): string | null {
  const allowed = [entry.expect, ...(entry.also_ok ?? [])];
  if (!allowed.includes(outcome.kind)) return `${outcome.kind}, wanted ${allowed.join(' or ')}`;
  if (outcome.kind === 'rejected' && entry.expect === 'rejected' && outcome.detail !== entry.reason) {
    return `reason ${outcome.detail}, wanted ${entry.reason}`;
  }
  if (outcome.kind !== 'text') return null;
  const text = fold(outcome.parsed?.pages.map((page) => page.text).join('\n') ?? '');
  const missing = (entry.contains ?? []).find((phrase) => !text.includes(fold(phrase)));
  if (missing !== undefined) return `lacks "${missing}"`;
  const unwanted = (entry.not_contains ?? []).find((phrase) => text.includes(fold(phrase)));
  if (unwanted !== undefined) return `holds "${unwanted}"`;
  if (entry.pages !== undefined && outcome.parsed?.pages.length !== entry.pages) {
    return `${outcome.parsed?.pages.length} pages, wanted ${entry.pages}`;
  }
  return null;
}

it.skipIf(!existsSync(FOLDER))(
  'gives for every shared document what its manifest says',
  { timeout: 100_000 },
  async () => {
    const manifest = JSON.parse(readFileSync(resolve(FOLDER, 'manifest.json'), 'utf8')) as { entries: ManifestEntry[] };
    const rows: string[] = [];
    const wrong: string[] = [];
    let right = 0;
    for (const entry of manifest.entries) {
      const outcome = await ingest(entry.file);
      if (outcome.parsed !== null) expectSoundDocument(outcome.parsed);
      const problem = judge(entry, outcome);
      if (problem === null) right++;
      else wrong.push(`${entry.file}: ${problem}`);
      const verdict = problem === null ? 'right' : `WRONG ${problem}`;
      rows.push(`${entry.file.padEnd(48)} ${outcome.kind.padEnd(9)} ${String(outcome.ms).padStart(5)} ms  ${verdict}`);
      expect(outcome.ms).toBeLessThan(30_000);
    }
    process.stdout.write(`${rows.join('\n')}\n${right} of ${manifest.entries.length} right\n`);
    expect(wrong).toEqual([]);
    expect(right).toBeGreaterThanOrEqual(60);
  },
);
