/** A thin HTTP client of our own API for the command line. Knows addresses and shapes, decides nothing. */
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import type { z } from 'zod';
import { uploadResultSchema } from '../documents/route-shapes.js';
import { type AnswerEvent, answerEventSchema, problemSchema } from '../domain/answer.js';
import { type Document, documentSchema } from '../domain/document.js';
import { type SearchResponse, searchResponseSchema } from '../domain/passage.js';
import { readServerSentEvents } from './read-server-sent-events.js';

/** What POST /documents answers. */
export type UploadResult = z.infer<typeof uploadResultSchema>;

/** The server said no: its problem, in one sentence with its code. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }
}

export interface ApiClient {
  ask(request: { question: string; collections: string[] }): AsyncIterable<AnswerEvent>;
  search(request: { query: string; collections: string[]; topK: number; mode: string }): Promise<SearchResponse>;
  upload(path: string, options: { collection: string }): Promise<UploadResult>;
  /** The document, at the latest after `seconds` (60 at most), earlier when it is ready or failed. */
  waitForDocument(id: string, seconds: number): Promise<Document>;
}

/** @throws ApiError for every answer that is not a success, and when the server cannot be reached (`unreachable`) */
export function createApiClient(options: { url: string; apiKey: string | null }): ApiClient {
  const call = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (options.apiKey !== null) headers.set('authorization', `Bearer ${options.apiKey}`);
    const response = await fetch(`${options.url}${path}`, { ...init, headers }).catch((cause: unknown) => {
      throw new ApiError(
        'unreachable',
        `No Footnote server answers at ${options.url}. Is it running (npm start)? ${reason(cause)}`,
      );
    });
    if (!response.ok) throw await toApiError(response);
    return response;
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    call(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  return {
    async *ask(request) {
      const response = await post('/api/v1/ask', request, { accept: 'text/event-stream' });
      for await (const { event, data } of readServerSentEvents(response)) {
        const parsed = answerEventSchema.safeParse({ event, data: JSON.parse(data) });
        if (parsed.success) yield parsed.data;
      }
    },
    async search(request) {
      return searchResponseSchema.parse(await (await post('/api/v1/search', request)).json());
    },
    async upload(path, { collection }) {
      const form = new FormData();
      form.append('files', await openAsBlob(path), basename(path));
      const response = await call(`/api/v1/collections/${encodeURIComponent(collection)}/documents`, {
        method: 'POST',
        body: form,
      });
      return uploadResultSchema.parse(await response.json());
    },
    async waitForDocument(id, seconds) {
      const response = await call(`/api/v1/documents/${encodeURIComponent(id)}?wait=${seconds}`, { method: 'GET' });
      return documentSchema.parse(await response.json());
    },
  };
}

async function toApiError(response: Response): Promise<ApiError> {
  const problem = problemSchema.safeParse(await response.json().catch(() => null));
  if (problem.success) return new ApiError(problem.data.code, problem.data.detail);
  return new ApiError('unexpected_answer', `The server answered with status ${response.status}.`);
}

function reason(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : '';
  return inner === '' ? '' : `(${inner})`;
}
