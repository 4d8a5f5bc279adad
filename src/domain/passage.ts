import { z } from 'zod';

/** A stretch of one page, found by search. `text` is exactly the stored page text from `start` to `end`. */
export const passageSchema = z
  .object({
    id: z.string(),
    documentId: z.string(),
    documentTitle: z.string(),
    collection: z.string(),
    version: z.number().int(),
    page: z.number().int().nullable(),
    pageLabel: z.string().nullable(),
    heading: z.array(z.string()),
    text: z.string(),
    start: z.number().int(),
    end: z.number().int(),
    score: z.number(),
    scores: z
      .object({
        lexical: z.number().nullable(),
        vector: z.number().nullable(),
        rerank: z.number().nullable(),
      })
      .optional(),
  })
  .meta({ id: 'Passage' });
export type Passage = z.infer<typeof passageSchema>;

/** A passage as the stores keep it, before a score is known. */
export type StoredPassage = Omit<Passage, 'score' | 'scores'>;

/** What the chunker gives: a slice of one page with the heading path it stands under. */
export interface Chunk {
  /** 0-based position within the document version. */
  ordinal: number;
  /** Page number, 1-based; 1 for unpaged formats. */
  page: number;
  start: number;
  end: number;
  text: string;
  heading: string[];
  /** Words that belong to the chunk for search but do not stand in it, e.g. the header row of its table. */
  context: string;
}

export const searchModeSchema = z.enum(['hybrid', 'lexical', 'vector']);
export type SearchMode = z.infer<typeof searchModeSchema>;

/** Body of POST /api/v1/search. */
export const searchRequestSchema = z
  .strictObject({
    query: z.string().trim().min(1).max(8000),
    collections: z.array(z.string().min(1)).min(1).max(20).default(['default']),
    topK: z.int().min(1).max(50).default(8),
    mode: searchModeSchema.default('hybrid'),
    explain: z.boolean().default(false),
  })
  .meta({ id: 'SearchRequest' });
export type SearchRequest = z.infer<typeof searchRequestSchema>;

export const searchTimingsSchema = z.object({
  lexicalMs: z.number(),
  vectorMs: z.number(),
  totalMs: z.number(),
});
export type SearchTimings = z.infer<typeof searchTimingsSchema>;

export const searchResponseSchema = z
  .object({ passages: z.array(passageSchema), timings: searchTimingsSchema })
  .meta({ id: 'SearchResponse' });
export type SearchResponse = z.infer<typeof searchResponseSchema>;
