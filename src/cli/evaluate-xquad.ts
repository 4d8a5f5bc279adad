/**
 * `npm run eval:xquad -- FILE…`: ingests every paragraph of a SQuAD-shaped file as a document into a server of its own, asks
 * all questions in every search mode over HTTP, and prints how often the right paragraph came first.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SearchMode } from '../domain/passage.js';
import { systemClock } from '../domain/ports/clock.js';
import { type EvaluatedSearch, evaluateRetrieval, type RetrievalReport } from '../evaluation/evaluate-retrieval.js';
import { parseXquadSet } from '../evaluation/xquad-set.js';
import { createApiClient } from './api-client.js';
import { startEvaluationServer } from './evaluation-server.js';
import { collectionNameFor, type DocumentKeys, ingestTexts } from './ingest-texts.js';
import { EXIT } from './print.js';

const MODES: SearchMode[] = ['lexical', 'vector', 'hybrid'];
const TOP_K = 10;

function searchOver(
  url: string,
  options: { collection: string; keys: DocumentKeys; mode: SearchMode },
): EvaluatedSearch {
  const client = createApiClient({ url, apiKey: null });
  const { collection, keys, mode } = options;
  return async (query) => {
    const { passages } = await client.search({ query, collections: [collection], topK: TOP_K, mode });
    return passages.map(({ documentId, page, text }) => ({ document: keys.get(documentId) ?? documentId, page, text }));
  };
}

function row(mode: string, { metrics, latency }: RetrievalReport): string {
  const percent = (value: number) => (100 * value).toFixed(1).padStart(6);
  const { hitAt1, hitAt5, hitAt10, mrr } = metrics;
  const times = `${latency.p50.toFixed(0).padStart(6)} ms ${latency.p95.toFixed(0).padStart(6)} ms`;
  return `${mode.padEnd(9)}${[hitAt1, hitAt5, hitAt10, mrr].map(percent).join(' ')} ${times}`;
}

async function evaluateFile(url: string, file: string): Promise<void> {
  const { documents, questions } = parseXquadSet(await readFile(file, 'utf8'));
  const collection = collectionNameFor(basename(file));
  const started = performance.now();
  const keys = await ingestTexts(url, collection, documents);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${basename(file)}: ${documents.length} documents ready in ${seconds} s, ${questions.length} questions`);
  console.log('mode      hit@1  hit@5 hit@10    MRR       p50       p95');
  for (const mode of MODES) {
    console.log(
      row(mode, await evaluateRetrieval(questions, searchOver(url, { collection, keys, mode }), systemClock)),
    );
  }
}

async function main(files: string[]): Promise<number> {
  if (files.length === 0) {
    console.error('usage: npm run eval:xquad -- FILE [FILE…]');
    return EXIT.usage;
  }
  const server = await startEvaluationServer();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.close().finally(() => process.exit(EXIT.error)));
  }
  try {
    for (const file of files) await evaluateFile(server.url, file);
    return EXIT.ok;
  } finally {
    await server.close();
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = EXIT.error;
  },
);
