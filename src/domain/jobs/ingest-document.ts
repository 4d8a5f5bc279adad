import { z } from 'zod';

/** Turn one version of a document into searchable passages. */
export const INGEST_DOCUMENT = 'ingest-document';
export const ingestDocumentPayloadSchema = z.object({ documentId: z.string(), version: z.number().int() });
export type IngestDocumentPayload = z.infer<typeof ingestDocumentPayloadSchema>;
