/**
 * `npm run eval:answers -- FILE… [--documents FOLDER] [--questions N]`: asks a golden set over HTTP on a server of its own and
 * prints how good the answers and the refusals are. Of a SQuAD-shaped file every article is a document; the even ones are
 * uploaded, and questions about the odd ones are about absent topics. A JSONL set is asked over the files of a folder
 * (`data/samples` unless told otherwise). `--questions` asks that many, always the same ones.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Answer, Citation } from '../domain/answer.js';
import { storedPageSchema } from '../domain/document.js';
import { AppError } from '../domain/errors.js';
import { systemClock } from '../domain/ports/clock.js';
import {
  type AnswerReport,
  type EvaluatedAsk,
  type EvaluatedQuote,
  evaluateAnswers,
  sampleQuestions,
} from '../evaluation/evaluate-answers.js';
import { type GoldenQuestion, parseGoldenSet } from '../evaluation/golden-set.js';
import { parseXquadArticles } from '../evaluation/xquad-set.js';
import { createApiClient } from './api-client.js';
import { startEvaluationServer } from './evaluation-server.js';
import { collectionNameFor, createCollection, type DocumentKeys, ingestTexts, waitUntilReady } from './ingest-texts.js';
import { EXIT } from './print.js';

const DEFAULT_FOLDER = 'data/samples';

interface Settings {
  files: string[];
  folder: string;
  /** At most so many questions of each file. */
  questions: number;
}

/** A set whose documents are ready in a collection. */
interface ReadySet {
  collection: string;
  keys: DocumentKeys;
  questions: GoldenQuestion[];
}

async function prepare(url: string, file: string, folder: string): Promise<ReadySet> {
  const collection = collectionNameFor(basename(file));
  const content = await readFile(file, 'utf8');
  if (file.endsWith('.jsonl')) {
    const keys = await ingestFolder(url, collection, folder);
    return { collection, keys, questions: parseGoldenSet(content) };
  }
  const { documents, questions } = parseXquadArticles(content);
  return { collection, keys: await ingestTexts(url, collection, documents), questions };
}

async function ingestFolder(url: string, collection: string, folder: string): Promise<DocumentKeys> {
  const client = createApiClient({ url, apiKey: null });
  await createCollection(url, collection);
  const keys: DocumentKeys = new Map();
  for (const name of await readdir(folder)) {
    const { documents } = await client.upload(join(folder, name), { collection });
    for (const { id } of documents) keys.set(id, name);
  }
  await waitUntilReady(url, keys.keys());
  return keys;
}

/** Asks as any client would and holds every quote against the stored page. */
function askOver(url: string, { collection, keys }: ReadySet): EvaluatedAsk {
  const client = createApiClient({ url, apiKey: null });
  const pages = new Map<string, Promise<string>>();
  const toQuote = async (citation: Citation): Promise<EvaluatedQuote> => {
    const { documentId, page, quote: text, start, end } = citation;
    const address = `${url}/api/v1/documents/${documentId}/pages/${page ?? 1}`;
    const stored = pages.get(address) ?? readPage(address);
    pages.set(address, stored);
    const verbatim = text !== '' && (await stored).slice(start, end) === text;
    return { document: keys.get(documentId) ?? documentId, page, text, verbatim };
  };
  return async (question) => {
    let answer: Answer | undefined;
    for await (const { event, data } of client.ask({ question, collections: [collection] })) {
      if (event === 'answer-end') answer = data.answer;
    }
    if (answer?.status !== 'completed') throw new AppError('internal_error', 'A question of the set was not answered.');
    return { refused: answer.refused, quotes: await Promise.all(answer.citations.map(toQuote)) };
  };
}

async function readPage(address: string): Promise<string> {
  const response = await fetch(address);
  if (!response.ok) throw new AppError('internal_error', `The server answered ${response.status} to ${address}.`);
  return storedPageSchema.parse(await response.json()).text;
}

function describe(report: AnswerReport): string {
  const row = (name: string, part: number, whole: number) => {
    const percent = whole === 0 ? '-' : ((100 * part) / whole).toFixed(1);
    return `  ${name.padEnd(34)}${percent.padStart(6)} %  (${part} of ${whole})`;
  };
  const { present, absent, latency } = report;
  return [
    row('gold in the first quote', report.goldInFirst, present),
    row('gold in one of the first three', report.goldInFirstThree, present),
    row('absent topics refused', report.absentRefused, absent),
    row('present topics wrongly refused', report.presentRefused, present),
    row('quotes verbatim', report.verbatimQuotes, report.quotes),
    `  ${'answer'.padEnd(34)}${latency.p50.toFixed(0).padStart(6)} ms p50, ${latency.p95.toFixed(0)} ms p95`,
  ].join('\n');
}

function readSettings(): Settings | null {
  try {
    const options = { documents: { type: 'string' }, questions: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const questions = Number(values.questions ?? Number.POSITIVE_INFINITY);
    if (positionals.length === 0 || !(questions >= 1)) return null;
    return { files: positionals, folder: values.documents ?? DEFAULT_FOLDER, questions: Math.floor(questions) };
  } catch {
    return null;
  }
}

async function main(): Promise<number> {
  const settings = readSettings();
  if (settings === null) {
    console.error('usage: npm run eval:answers -- FILE [FILE…] [--documents FOLDER] [--questions N]');
    return EXIT.usage;
  }
  const server = await startEvaluationServer();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.close().finally(() => process.exit(EXIT.error)));
  }
  try {
    for (const file of settings.files) {
      const set = await prepare(server.url, file, settings.folder);
      const asked = sampleQuestions(set.questions, settings.questions);
      console.log(`${basename(file)}: ${set.keys.size} documents, ${asked.length} questions`);
      console.log(describe(await evaluateAnswers(asked, askOver(server.url, set), systemClock)));
    }
    return EXIT.ok;
  } finally {
    await server.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = EXIT.error;
  },
);
