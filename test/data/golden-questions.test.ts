/** Keeps data/eval and data/samples together: every golden answer stands where it is said to stand. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import mammoth from 'mammoth';
import { PDFParse } from 'pdf-parse';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseGoldenSet } from '../../src/evaluation/golden-set.js';

const data = resolve(import.meta.dirname, '../../data');
const samples = readdirSync(join(data, 'samples'));

const questions = parseGoldenSet(readFileSync(join(data, 'eval/handbook.jsonl'), 'utf8'));
const gold = questions.flatMap((question) =>
  'gold' in question ? question.gold.map((item) => ({ id: question.id, ...item })) : [],
);

/** Text of a sample by page; the text of an unpaged one stands under `undefined`. */
async function readSample(filename: string): Promise<Map<number | undefined, string>> {
  const bytes = readFileSync(join(data, 'samples', filename));
  if (filename.endsWith('.pdf')) {
    const parser = new PDFParse({ data: new Uint8Array(bytes) });
    const { pages } = await parser.getText();
    await parser.destroy();
    return new Map(pages.map((page) => [page.num, page.text]));
  }
  if (filename.endsWith('.docx')) {
    const { value } = await mammoth.extractRawText({ buffer: bytes });
    return new Map([[undefined, value]]);
  }
  return new Map([[undefined, bytes.toString('utf8')]]);
}

describe('the golden questions over the sample handbook', () => {
  const texts = new Map<string, Map<number | undefined, string>>();

  beforeAll(async () => {
    for (const filename of samples) texts.set(filename, await readSample(filename));
  });

  it('have ids of their own, and some have no answer', () => {
    expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
    expect(questions.filter((question) => 'absent' in question)).toHaveLength(10);
    expect(questions.filter((question) => 'gold' in question).length).toBeGreaterThanOrEqual(40);
  });

  it('ask about every document', () => {
    expect([...new Set(gold.map((item) => item.document))].sort()).toEqual([...samples].sort());
  });

  it('name the page of every answer in a PDF, and of no other', () => {
    expect(gold.filter((item) => (item.page !== undefined) !== item.document.endsWith('.pdf'))).toEqual([]);
  });

  it.each(gold)('$id: "$answer" stands in $document where it should', ({ document, page, answer }) => {
    expect(answer).toBeDefined();
    expect(texts.get(document)?.get(page)).toContain(answer);
  });

  it('stay a corpus small enough for a first run', () => {
    const bytes = samples.reduce((sum, filename) => sum + statSync(join(data, 'samples', filename)).size, 0);
    expect(bytes).toBeLessThan(400 * 1024);
  });
});
