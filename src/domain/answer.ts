import { z } from 'zod';
import { passageSchema } from './passage.js';

/** A checked pointer into stored text: `quote` equals the stored text from `start` to `end`, always. */
export const citationSchema = z
  .object({
    marker: z.number().int(),
    documentId: z.string(),
    documentTitle: z.string(),
    version: z.number().int(),
    page: z.number().int().nullable(),
    pageLabel: z.string().nullable(),
    heading: z.array(z.string()),
    quote: z.string(),
    start: z.number().int(),
    end: z.number().int(),
    passageId: z.string(),
    url: z.string(),
  })
  .meta({ id: 'Citation' });
export type Citation = z.infer<typeof citationSchema>;

export const supportSchema = z.enum(['supported', 'weak', 'unsupported', 'not-a-claim']);
export type Support = z.infer<typeof supportSchema>;

/** One sentence of the answer: offsets into `Answer.text`, the verdict, and the markers it cites. */
export const answerSentenceSchema = z
  .object({
    start: z.number().int(),
    end: z.number().int(),
    support: supportSchema,
    citations: z.array(z.number().int()),
  })
  .meta({ id: 'AnswerSentence' });
export type AnswerSentence = z.infer<typeof answerSentenceSchema>;

export const answerStatusSchema = z.enum(['running', 'completed', 'failed', 'cancelled']);
export type AnswerStatus = z.infer<typeof answerStatusSchema>;
export const refusalReasonSchema = z.enum(['no-passages', 'not-in-documents', 'policy']);
export type RefusalReason = z.infer<typeof refusalReasonSchema>;
export const finishReasonSchema = z.enum(['stop', 'length', 'cancelled', 'error']);
export type FinishReason = z.infer<typeof finishReasonSchema>;

export const usageSchema = z.object({
  promptTokens: z.number().int(),
  completionTokens: z.number().int(),
  costUsd: z.number(),
});
export type Usage = z.infer<typeof usageSchema>;

export const answerSchema = z
  .object({
    id: z.string(),
    status: answerStatusSchema,
    question: z.string(),
    standaloneQuestion: z.string(),
    text: z.string(),
    citations: z.array(citationSchema),
    sentences: z.array(answerSentenceSchema),
    grounded: z.boolean(),
    coverage: z.number().min(0).max(1),
    refused: z.boolean(),
    refusalReason: refusalReasonSchema.nullable(),
    degraded: z.boolean(),
    model: z.string(),
    conversationId: z.string().nullable(),
    usage: usageSchema,
    timings: z.object({
      retrieveMs: z.number(),
      firstTokenMs: z.number().nullable(),
      totalMs: z.number(),
    }),
    finishReason: finishReasonSchema,
    cached: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Answer' });
export type Answer = z.infer<typeof answerSchema>;

/** Body of POST /api/v1/ask. */
export const askRequestSchema = z
  .strictObject({
    question: z.string().trim().min(1).max(8000),
    collections: z.array(z.string().min(1)).min(1).max(20).default(['default']),
    topK: z.int().min(1).max(50).default(8),
    temperature: z.number().min(0).max(2).optional(),
    maxTokens: z.int().min(1).max(32_000).optional(),
    instructions: z.string().max(4000).optional(),
    answerLanguage: z.string().min(2).max(35).optional(),
  })
  .meta({ id: 'AskRequest' });
export type AskRequest = z.infer<typeof askRequestSchema>;

/** Body of POST /api/v1/answers/:id/feedback. */
export const feedbackSchema = z
  .strictObject({ rating: z.enum(['up', 'down']), comment: z.string().max(4000).optional() })
  .meta({ id: 'Feedback' });
export type Feedback = z.infer<typeof feedbackSchema>;

/** RFC 9457 problem, as it stands in error bodies and in the `answer-error` event. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    instance: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;

/** The events of one answer, in the grammar of the stream. Exactly one of the last two ends it. */
export const answerEventSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('answer-start'),
    data: z.object({ answerId: z.string(), conversationId: z.string().nullable() }),
  }),
  z.object({
    event: z.literal('passages-selected'),
    data: z.object({ standaloneQuestion: z.string(), passages: z.array(passageSchema) }),
  }),
  z.object({ event: z.literal('text-delta'), data: z.object({ text: z.string() }) }),
  z.object({ event: z.literal('citation-added'), data: z.object({ citation: citationSchema }) }),
  z.object({ event: z.literal('text-reset'), data: z.object({}) }),
  z.object({ event: z.literal('answer-end'), data: z.object({ answer: answerSchema }) }),
  z.object({ event: z.literal('answer-error'), data: z.object({ problem: problemSchema }) }),
]);
export type AnswerEvent = z.infer<typeof answerEventSchema>;

/** An event with its position in the answer's log, counting from 1: the SSE `id:`. */
export type NumberedAnswerEvent = AnswerEvent & { id: number };

/** True for the two events that end a stream. */
export function isTerminal(event: AnswerEvent): boolean {
  return event.event === 'answer-end' || event.event === 'answer-error';
}
