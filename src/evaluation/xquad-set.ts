/**
 * SQuAD-shaped sets (SQuAD 1.1, XQuAD, MLQA): every paragraph, or every second article, becomes a document that answers its
 * own questions.
 */
import { z } from 'zod';
import { AppError } from '../domain/errors.js';
import type { GoldenQuestion } from './golden-set.js';

const squadQuestionSchema = z.object({
  id: z.string(),
  question: z.string(),
  answers: z.array(z.object({ text: z.string().min(1) })).default([]),
});

const squadSchema = z.object({
  data: z.array(
    z.object({
      title: z.string().default(''),
      paragraphs: z.array(z.object({ context: z.string(), qas: z.array(squadQuestionSchema) })),
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
  const set: EvaluationSet = { documents: [], questions: [] };
  for (const { title, paragraphs } of readArticles(json)) {
    for (const { context, qas } of paragraphs) {
      const key = `paragraph-${set.documents.length + 1}`;
      set.documents.push({ key, title: title.replaceAll('_', ' '), text: context });
      for (const { id, question } of qas) set.questions.push({ id, question, gold: [{ document: key }] });
    }
  }
  return set;
}

/**
 * Reads a set for answers: the articles at even places (from 0) are the documents, paragraphs apart by blank lines, and their
 * questions have the answers as gold; what is asked about the others is absent. @throws AppError `invalid_request`
 */
export function parseXquadArticles(json: string): EvaluationSet {
  const set: EvaluationSet = { documents: [], questions: [] };
  for (const [index, { title, paragraphs }] of readArticles(json).entries()) {
    const key = `article-${index + 1}`;
    const present = index % 2 === 0;
    const text = paragraphs.map(({ context }) => context).join('\n\n');
    if (present) set.documents.push({ key, title: title.replaceAll('_', ' '), text });
    for (const { id, question, answers } of paragraphs.flatMap(({ qas }) => qas)) {
      const gold = answers.map(({ text: answer }) => ({ document: key, answer }));
      if (!present) set.questions.push({ id, question, absent: true });
      else if (gold.length > 0) set.questions.push({ id, question, gold });
    }
  }
  return set;
}

function readArticles(json: string): z.infer<typeof squadSchema>['data'] {
  const parsed = squadSchema.safeParse(readJson(json));
  if (parsed.success) return parsed.data.data;
  throw new AppError('invalid_request', 'The file is not a question set in the shape of SQuAD.');
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
