/** SQuAD-shaped sets (SQuAD 1.1, XQuAD, MLQA): every paragraph becomes a document that answers its own questions. */
import { z } from 'zod';
import { AppError } from '../domain/errors.js';
import type { GoldenQuestion } from './golden-set.js';

const squadSchema = z.object({
  data: z.array(
    z.object({
      title: z.string().default(''),
      paragraphs: z.array(
        z.object({ context: z.string(), qas: z.array(z.object({ id: z.string(), question: z.string() })) }),
      ),
    }),
  ),
});

/** A document to ingest for a set. `key` is what the gold names. */
export interface EvaluationDocument {
  key: string;
  title: string;
  text: string;
}

/** A whole set: what to ingest and what to ask. */
export interface EvaluationSet {
  documents: EvaluationDocument[];
  questions: GoldenQuestion[];
}

/** Reads a set from its JSON text. @throws AppError `invalid_request` */
export function parseXquadSet(json: string): EvaluationSet {
  const parsed = squadSchema.safeParse(readJson(json));
  if (!parsed.success) throw new AppError('invalid_request', 'The file is not a question set in the shape of SQuAD.');
  const set: EvaluationSet = { documents: [], questions: [] };
  for (const { title, paragraphs } of parsed.data.data) {
    for (const { context, qas } of paragraphs) {
      const key = `paragraph-${set.documents.length + 1}`;
      set.documents.push({ key, title: title.replaceAll('_', ' '), text: context });
      for (const { id, question } of qas) set.questions.push({ id, question, gold: [{ document: key }] });
    }
  }
  return set;
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
