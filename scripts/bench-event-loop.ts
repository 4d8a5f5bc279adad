/**
 * Measures how long the API's event loop is held up (99th percentile and maximum, from /metrics) while documents come in
 * and questions are searched: first alone, then with a pathological PDF in the parser at the same time.
 *
 *   npm run bench:event-loop [-- --seconds 10]
 *
 * The delay is measured by the server itself at a resolution of 10 ms, which an idle loop shows too: compare the rows.
 */
import { parseArgs } from 'node:util';
import { startEvaluationServer } from '../src/cli/evaluation-server.js';
import { buildPdf } from '../test/support/build-pdf.js';
import { seededRandom, zipfWords } from '../test/support/zipf-corpus.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
const SECONDS = Number(values.seconds);
const HEAVY_PAGES = 3000;
const LINES = 50;
const VOCABULARY = 20_000;

interface Row {
  name: string;
  p99Ms: number;
  maxMs: number;
  searches: number;
  uploads: number;
  searchP95Ms: number;
}

const server = await startEvaluationServer();
try {
  await upload('seed.txt', text(1, 4000));
  const rows = [await measure('ingest and search', () => Promise.resolve())];
  const heavy = heavyPdf();
  rows.push(
    await measure(`the same, with ${HEAVY_PAGES} dense PDF pages in the parser`, () => upload('heavy.pdf', heavy)),
  );
  process.stdout.write('loop p99   max      searches  p95       uploads  load\n');
  for (const row of rows) {
    const cells = [
      ms(row.p99Ms),
      ms(row.maxMs),
      String(row.searches).padEnd(9),
      ms(row.searchP95Ms),
      String(row.uploads).padEnd(8),
    ];
    process.stdout.write(`${cells.join(' ')} ${row.name}\n`);
  }
} finally {
  await server.close();
}

async function measure(name: string, begin: () => Promise<unknown>): Promise<Row> {
  await begin();
  await readLag();
  const end = performance.now() + SECONDS * 1000;
  const times: number[] = [];
  let uploads = 0;
  const uploader = (async () => {
    while (performance.now() < end) {
      await upload(`note-${name.length}-${uploads}.txt`, text(uploads + 7, 800));
      uploads += 1;
    }
  })();
  while (performance.now() < end) {
    const started = performance.now();
    await search(words(seededRandom(times.length + 3), 8));
    times.push(performance.now() - started);
  }
  await uploader;
  const lag = await readLag();
  times.sort((left, right) => left - right);
  return { name, ...lag, searches: times.length, uploads, searchP95Ms: times[Math.floor(times.length * 0.95)] ?? 0 };
}

async function readLag(): Promise<{ p99Ms: number; maxMs: number }> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const read = (name: string) =>
    Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN) * 1000;
  return { p99Ms: read('nodejs_eventloop_lag_p99_seconds'), maxMs: read('nodejs_eventloop_lag_max_seconds') };
}

async function search(query: string): Promise<void> {
  const response = await fetch(`${server.url}/api/v1/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  if (response.status !== 200) throw new Error(`search answered ${response.status}`);
  await response.arrayBuffer();
}

async function upload(filename: string, content: string | Uint8Array): Promise<void> {
  const form = new FormData();
  form.append('files', new Blob([content]), filename);
  const response = await fetch(`${server.url}/api/v1/collections/default/documents`, { method: 'POST', body: form });
  if (response.status !== 202) throw new Error(`upload answered ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

function text(seed: number, count: number): string {
  return words(seededRandom(seed), count);
}

function words(random: () => number, count: number): string {
  return Array.from({ length: count }, zipfWords(random, VOCABULARY)).join(' ');
}

function heavyPdf(): Uint8Array {
  const random = seededRandom(42);
  const page = () => Array.from({ length: LINES }, () => words(random, 14));
  return buildPdf(Array.from({ length: HEAVY_PAGES }, page));
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`.padEnd(9);
}
