/** Questions with what must be found for them; the shape that every loader gives and the runner takes. */
import { z } from 'zod';
import { AppError } from '../domain/errors.js';

/** Something that answers a question. All given parts must hold for a result to satisfy it. */
export const goldItemSchema = z.strictObject({
  /** Key of the document, as the runner's search reports it. */
  document: z.string().min(1),
  /** Page, from 1. */
  page: z.int().min(1).optional(),
  /** Text that the passage must contain; case and white space do not count. */
  answer: z.string().min(1).optional(),
});
export type GoldItem = z.infer<typeof goldItemSchema>;

const questionFields = { id: z.string().min(1), question: z.string().trim().min(1) };

/** A question with gold, or one that the documents do not answer. */
export const goldenQuestionSchema = z.union([
  z.strictObject({ ...questionFields, gold: z.array(goldItemSchema).min(1) }),
  z.strictObject({ ...questionFields, absent: z.literal(true) }),
]);
export type GoldenQuestion = z.infer<typeof goldenQuestionSchema>;

/**
 * Reads a set from JSONL: one question a line, blank lines left out.
 * @throws AppError `invalid_request` naming the first wrong line
 */
export function parseGoldenSet(jsonl: string): GoldenQuestion[] {
  return jsonl.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, index + 1)]));
}

function parseLine(line: string, number: number): GoldenQuestion {
  const result = goldenQuestionSchema.safeParse(toJson(line));
  if (result.success) return result.data;
  throw new AppError('invalid_request', `Line ${number} of the golden set is not a question with gold or absent.`);
}

function toJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
