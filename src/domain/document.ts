import { z } from 'zod';
import { ERROR_CODE_LIST } from './errors.js';

export const documentStatusSchema = z.enum(['queued', 'processing', 'ready', 'failed']);
export type DocumentStatus = z.infer<typeof documentStatusSchema>;

/** What became of one page. */
export const pageStatusSchema = z.enum(['text', 'ocr', 'empty', 'failed']);
export type PageStatus = z.infer<typeof pageStatusSchema>;

/** A metadata value is a plain scalar, or a list of strings. */
export const metadataSchema = z.record(
  z
    .string()
    .min(1)
    .max(128)
    .regex(/^(?!__proto__$|constructor$|prototype$)[^.$][^.]*$/, 'key not allowed'),
  z.union([z.string().max(10_000), z.number(), z.boolean(), z.null(), z.array(z.string().max(1000)).max(100)]),
);
export type Metadata = z.infer<typeof metadataSchema>;

/** Names of the groups that may see a document; null means everybody in the tenant. */
export const aclSchema = z.array(z.string().min(1).max(200)).max(200);

export const pageCountsSchema = z.object({
  total: z.number().int(),
  text: z.number().int(),
  ocr: z.number().int(),
  empty: z.number().int(),
  failed: z.number().int(),
});
export type PageCounts = z.infer<typeof pageCountsSchema>;

export const ingestTimingsSchema = z.object({
  parseMs: z.number(),
  chunkMs: z.number(),
  embedMs: z.number(),
  publishMs: z.number(),
});
export type IngestTimings = z.infer<typeof ingestTimingsSchema>;

export const documentErrorSchema = z.object({ code: z.enum(ERROR_CODE_LIST), detail: z.string() });
export type DocumentError = z.infer<typeof documentErrorSchema>;

/** A document of the library, as the API shows it. `version` is the newest accepted one. */
export const documentSchema = z
  .object({
    id: z.string(),
    collection: z.string(),
    title: z.string(),
    filename: z.string(),
    mediaType: z.string(),
    bytes: z.number().int(),
    sha256: z.string(),
    status: documentStatusSchema,
    version: z.number().int(),
    externalId: z.string().nullable(),
    metadata: metadataSchema,
    acl: aclSchema.nullable(),
    pages: pageCountsSchema,
    passages: z.number().int(),
    language: z.string().nullable(),
    error: documentErrorSchema.nullable(),
    timings: ingestTimingsSchema.nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    duplicate: z.boolean().optional(),
  })
  .meta({ id: 'Document' });
export type Document = z.infer<typeof documentSchema>;

/** Stored text of one page. `start`/`end` of passages and citations are UTF-16 offsets into `text`. */
export const storedPageSchema = z
  .object({
    documentId: z.string(),
    version: z.number().int(),
    number: z.number().int(),
    label: z.string().nullable(),
    status: pageStatusSchema,
    reason: z.string().nullable(),
    text: z.string(),
  })
  .meta({ id: 'Page' });
export type StoredPage = z.infer<typeof storedPageSchema>;

/** What a delete removed. `complete` is false when the removal goes on in the background. */
export const deleteReceiptSchema = z
  .object({
    documentId: z.string(),
    complete: z.boolean(),
    removed: z.object({
      rows: z.number().int(),
      passages: z.number().int(),
      vectors: z.number().int(),
      blobs: z.number().int(),
      cachedAnswers: z.number().int(),
    }),
  })
  .meta({ id: 'DeleteReceipt' });
export type DeleteReceipt = z.infer<typeof deleteReceiptSchema>;

export const ingestStageSchema = z.enum(['queued', 'parse', 'chunk', 'embed', 'publish']);
export type IngestStage = z.infer<typeof ingestStageSchema>;

/** How far the ingestion of a document is: `done` of `total` units (pages, passages) of `stage`. */
export interface IngestProgress {
  stage: IngestStage;
  done: number;
  total: number;
}
