import { stat } from 'node:fs/promises';
import type { Document } from '../domain/document.js';
import { type ApiClient, ApiError } from './api-client.js';
import { documentLine, EXIT, styled } from './print.js';

interface UploadSummary {
  documents: Document[];
  rejected: { filename: string; code: string; detail: string }[];
}

/** Uploads files one by one and waits until each is ready or failed. Any failure is `negative`. */
export async function uploadCommand(
  client: ApiClient,
  paths: string[],
  options: { collection: string; wait: number; json: boolean },
): Promise<number> {
  const summary: UploadSummary = { documents: [], rejected: [] };
  for (const path of paths) {
    const result = await uploadOne(client, path, options);
    summary.documents.push(...result.documents);
    summary.rejected.push(...result.rejected);
    if (options.json) continue;
    for (const document of result.documents) process.stdout.write(`${documentLine(document)}\n`);
    for (const file of result.rejected)
      process.stdout.write(`${styled('red', 'rejected')} ${file.filename}: ${file.detail} (${file.code})\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  const failed = summary.rejected.length > 0 || summary.documents.some((document) => document.status === 'failed');
  return failed ? EXIT.negative : EXIT.ok;
}

async function uploadOne(
  client: ApiClient,
  path: string,
  options: { collection: string; wait: number },
): Promise<UploadSummary> {
  if (!(await stat(path).catch(() => null))?.isFile()) {
    return { documents: [], rejected: [{ filename: path, code: 'not_found', detail: 'There is no such file.' }] };
  }
  try {
    const { documents, rejected } = await client.upload(path, options);
    const settled = await Promise.all(documents.map((document) => settle(client, document, options.wait)));
    return { documents: settled, rejected };
  } catch (error) {
    if (error instanceof ApiError && error.code !== 'unreachable' && error.code !== 'unauthenticated') {
      return { documents: [], rejected: [{ filename: path, code: error.code, detail: error.message }] };
    }
    throw error;
  }
}

async function settle(client: ApiClient, document: Document, seconds: number): Promise<Document> {
  const end = performance.now() + seconds * 1000;
  let current = document;
  while (current.status !== 'ready' && current.status !== 'failed') {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left <= 0) break;
    current = await client.waitForDocument(document.id, Math.min(left, 60));
  }
  return document.duplicate === true ? { ...current, duplicate: true } : current;
}
