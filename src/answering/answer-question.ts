/**
 * The flow of one question: condense -> retrieve -> ground -> generate -> cite. Every entry point (JSON, SSE, tools)
 * translates the events of this one generator and adds nothing to them.
 */
import type { Answer, AnswerEvent, AskRequest } from '../domain/answer.js';
import { AppError, toAppError } from '../domain/errors.js';
import type { Clock } from '../domain/ports/clock.js';
import type { PassageReader } from '../domain/ports/document-store.js';
import type { AppEvents } from '../domain/ports/events.js';
import type { SearchPassages, WeighTerms } from '../domain/ports/search.js';
import type { Principal } from '../domain/principal.js';
import { toProblem } from '../domain/problem.js';
import { type AnswerDraft, completeDraft, startDraft } from './answer-draft.js';
import { type CitationBuilder, createCitationBuilder, type LinkToCitation } from './cite/build-citation.js';
import { condenseQuestion } from './condense-question.js';
import type { Answerer } from './generate/answerer.js';
import { type Evidence, groundPassages } from './ground/ground-passages.js';
import { describeRefusal } from './refusal-text.js';
import { type Answerability, listQuestionTerms, measureAnswerability } from './refuse-unanswerable.js';
import { writeAnswer } from './write-answer.js';

export interface AnswerQuestionDependencies {
  search: SearchPassages;
  weighTerms: WeighTerms;
  passages: Pick<PassageReader, 'pageText'>;
  /** The chat model's answerer; null when none is configured. */
  answerer: Answerer | null;
  /** Writes when there is no chat model, or when it fails. */
  fallback: Answerer;
  linkTo: LinkToCitation;
  clock: Clock;
  events: Pick<AppEvents, 'questionAnswered' | 'citationDropped' | 'modelFailed'>;
}

export interface AnswerQuestionInput {
  principal: Principal;
  request: AskRequest;
  answerId: string;
  /** Aborting cancels the answer; an AppError as reason makes it fail with that error instead. */
  signal: AbortSignal;
}

/** Events in order, exactly one terminal one at the end; the generator's return value is the final answer. Never throws. */
export type AnswerQuestion = (input: AnswerQuestionInput) => AsyncGenerator<AnswerEvent, Answer, undefined>;

/** Evidence that was overtaken by a new version is looked for again, but not for as long as somebody goes on replacing. */
const MAX_REPEATS = 2;

/** Builds the flow from its parts. */
export function createAnswerQuestion(dependencies: AnswerQuestionDependencies): AnswerQuestion {
  return async function* answerQuestion({ principal, request, answerId, signal }) {
    const { clock, answerer, fallback } = dependencies;
    const draft = startDraft({ answerId, request, model: (answerer ?? fallback).id, clock });
    yield { event: 'answer-start', data: { answerId, conversationId: null } };
    try {
      draft.standaloneQuestion = condenseQuestion(request.question);
      const { evidence, answerability, builder } = await findEvidence(dependencies, { principal, draft, signal });
      const passages = evidence.passages.map(({ passage }) => passage);
      yield { event: 'passages-selected', data: { standaloneQuestion: draft.standaloneQuestion, passages } };
      const written = yield* writeAnswer(dependencies, { draft, evidence, answerability, builder, signal });
      if (written.refused !== null) yield* refuse(dependencies, { draft, evidence, reason: written.refused });
      return yield* endAnswer(dependencies, draft, { status: 'completed', finishReason: written.finishReason });
    } catch (error) {
      return yield* endBroken(dependencies, draft, signal.aborted ? signal.reason : error);
    }
  };
}

interface Found {
  evidence: Evidence;
  answerability: Answerability;
  builder: CitationBuilder;
}

async function findEvidence(
  dependencies: AnswerQuestionDependencies,
  { principal, draft, signal }: { principal: Principal; draft: AnswerDraft; signal: AbortSignal },
): Promise<Found> {
  const { search, weighTerms, clock } = dependencies;
  const { standaloneQuestion: question, request } = draft;
  const { collections, topK } = request;
  const query = { query: question, collections, topK, mode: 'hybrid', explain: false } as const;
  const find = async () => {
    const evidence = groundPassages((await search(principal, query, signal)).passages);
    const builder = createCitationBuilder({ ...dependencies, tenantId: principal.tenantId, evidence });
    return { evidence, builder, complete: await builder.readPages() };
  };
  const terms = listQuestionTerms(question);
  let [found, frequencies] = await Promise.all([find(), weighTerms(principal, { collections, terms })]);
  for (let again = 0; again < MAX_REPEATS && !found.complete; again += 1) found = await find();
  draft.retrieveMs = clock.now() - draft.startedAt;
  signal.throwIfAborted();
  const { evidence, builder } = found;
  return { evidence, builder, answerability: measureAnswerability(question, evidence, frequencies) };
}

async function* refuse(
  { clock }: AnswerQuestionDependencies,
  { draft, evidence, reason }: { draft: AnswerDraft; evidence: Evidence; reason: 'no-passages' | 'not-in-documents' },
): AsyncGenerator<AnswerEvent, void, undefined> {
  if (draft.cited.pieces.length > 0) yield { event: 'text-reset', data: {} };
  const { collections, answerLanguage } = draft.request;
  const text = describeRefusal({ reason, question: draft.standaloneQuestion, collections, evidence, answerLanguage });
  draft.refusalReason = reason;
  draft.cited = { ...draft.cited, pieces: [{ type: 'text', text }], citations: [] };
  draft.firstTextAt ??= clock.now();
  yield { event: 'text-delta', data: { text } };
}

async function* endAnswer(
  { clock, events }: AnswerQuestionDependencies,
  draft: AnswerDraft,
  end: Pick<Answer, 'status' | 'finishReason'>,
): AsyncGenerator<AnswerEvent, Answer, undefined> {
  const answer = completeDraft(draft, { ...end, clock });
  reportAnswer(events, { answer, draft, failure: null });
  yield { event: 'answer-end', data: { answer } };
  return answer;
}

/** Cancelled by the asker: an end like any other. Anything else, an AppError as abort reason included: an error. */
async function* endBroken(
  dependencies: AnswerQuestionDependencies,
  draft: AnswerDraft,
  error: unknown,
): AsyncGenerator<AnswerEvent, Answer, undefined> {
  const { clock, events } = dependencies;
  if (isCancellation(error))
    return yield* endAnswer(dependencies, draft, { status: 'cancelled', finishReason: 'cancelled' });
  const answer = completeDraft(draft, { status: 'failed', finishReason: 'error', clock });
  const failure = toAppError(error);
  reportAnswer(events, { answer, draft, failure });
  yield { event: 'answer-error', data: { problem: toProblem(failure, draft.answerId) } };
  return answer;
}

function isCancellation(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError' && !(error instanceof AppError);
}

interface AnswerReport {
  answer: Answer;
  draft: AnswerDraft;
  failure: AppError | null;
}

function reportAnswer(events: AnswerQuestionDependencies['events'], { answer, draft, failure }: AnswerReport): void {
  const { id: answerId, model, refused, degraded, grounded, status, timings } = answer;
  if (draft.cited.dropped > 0) events.citationDropped({ answerId, count: draft.cited.dropped });
  const outcome = { answerId, model, refused, degraded, grounded, totalMs: timings.totalMs, status };
  events.questionAnswered(
    failure === null ? outcome : { ...outcome, code: failure.code, cause: failure.cause ?? failure },
  );
}
