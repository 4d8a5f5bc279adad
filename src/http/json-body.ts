/**
 * Reads JSON bodies that may be hostile: bounded size, time and depth, no key that could reach a prototype, no number that
 * JSON.parse turned into Infinity, no text that a database cannot store (NUL, half a surrogate pair).
 */
import { isUtf8 } from 'node:buffer';
import express, { type Request, type Response } from 'express';
import { AppError } from '../domain/errors.js';

/** Two megabytes: a JSON document of about 300,000 words. Files go by multipart. */
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_DEPTH = 32;
/** A JSON body that takes longer is a slow-sending attack or a dead link. */
const MAX_MS = 30_000;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const UNSTORABLE = /[\p{Surrogate}\0]/u;

const parse = express.json({
  limit: MAX_BYTES,
  strict: false,
  type: () => true,
  verify: (_request, _response, bytes, encoding) => {
    if (encoding === 'utf-8' && !isUtf8(bytes)) throw new Error('not UTF-8');
  },
});

/**
 * The parsed body; undefined when the request has none. Errors of the parser itself are left to the error mapper.
 * @throws AppError `unsupported_media_type` for another content type, `invalid_json` for what the file comment lists,
 *         `invalid_request` when the body does not arrive in time
 */
export async function readJsonBody(request: Request, response: Response): Promise<unknown> {
  if (request.headers['transfer-encoding'] === undefined && request.headers['content-length'] === undefined)
    return undefined;
  if (request.headers['content-length'] === '0') return undefined;
  if (request.is(['application/json', 'application/*+json']) === false) {
    throw new AppError('unsupported_media_type', 'Send the body as application/json.');
  }
  await withTimeLimit(
    new Promise<void>((resolve, reject) => {
      parse(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
    }),
  );
  const body: unknown = request.body;
  refuseHostileJson(body);
  return body;
}

async function withTimeLimit(reading: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new AppError('invalid_request', 'The body did not arrive in time.')), MAX_MS);
  });
  try {
    await Promise.race([reading, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** True for text that some of our stores cannot keep as it is: it holds NUL or half a surrogate pair. */
export function isUnstorable(text: string): boolean {
  return UNSTORABLE.test(text);
}

/** Walks without recursion, so that depth costs no stack. @throws AppError `invalid_json` */
export function refuseHostileJson(body: unknown): void {
  const open: { value: unknown; depth: number }[] = [{ value: body, depth: 0 }];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    refuseScalar(entry.value);
    if (typeof entry.value !== 'object' || entry.value === null) continue;
    if (entry.depth >= MAX_DEPTH) {
      throw new AppError('invalid_json', `The body is nested deeper than ${MAX_DEPTH} levels.`);
    }
    if (!Array.isArray(entry.value)) refuseKeys(Object.keys(entry.value));
    for (const value of Object.values(entry.value)) open.push({ value, depth: entry.depth + 1 });
  }
}

function refuseScalar(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new AppError('invalid_json', 'The body holds a number that is too large.');
  }
  if (typeof value === 'string' && isUnstorable(value)) {
    throw new AppError('invalid_json', 'The body holds text with a NUL character or half a surrogate pair.');
  }
}

function refuseKeys(keys: string[]): void {
  for (const key of keys) {
    if (FORBIDDEN_KEYS.has(key) || isUnstorable(key)) {
      throw new AppError('invalid_json', 'The body holds a field name that is not allowed.');
    }
  }
}
