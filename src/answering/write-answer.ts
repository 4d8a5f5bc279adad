/** Generate and cite in step: the text of one answerer through the citing path, and of the next one when that fails. */
import type { AnswerEvent, FinishReason } from '../domain/answer.js';
import { AppError } from '../domain/errors.js';
import type { Clock } from '../domain/ports/clock.js';
import type { AppEvents } from '../domain/ports/events.js';
import type { AnswerDraft } from './answer-draft.js';
import type { CitationBuilder, LinkToCitation } from './cite/build-citation.js';
import { type AnswerCiter, createAnswerCiter } from './cite/cite-answer.js';
import { judgeSentences } from './cite/judge-sentences.js';
import type { Answerer } from './generate/answerer.js';
import type { Evidence } from './ground/ground-passages.js';
import { type Answerability, refuseUnanswerable } from './refuse-unanswerable.js';

export interface WriteAnswerDependencies {
  answerer: Answerer | null;
  fallback: Answerer;
  linkTo: LinkToCitation;
  clock: Clock;
  events: Pick<AppEvents, 'modelFailed'>;
}

export interface WriteAnswerInput {
  draft: AnswerDraft;
  evidence: Evidence;
  answerability: Answerability;
  builder: CitationBuilder;
  signal: AbortSignal;
}

/** How the writing ended; `refused` says why there is no answer. */
export interface WrittenAnswer {
  refused: 'no-passages' | 'not-in-documents' | null;
  finishReason: Extract<FinishReason, 'stop' | 'length'>;
}

const NOT_IN_DOCUMENTS: WrittenAnswer = { refused: 'not-in-documents', finishReason: 'stop' };

type Writing = AsyncGenerator<AnswerEvent, WrittenAnswer, undefined>;

/**
 * Writes into `input.draft`. When the chat model fails, the fallback starts over: `text-reset` if text was shown, and
 * `draft.degraded`. Nobody is asked without evidence, nor about what the
 * evidence cannot answer.
 * @throws whatever the last answerer throws, or the reason of the signal
 */
export async function* writeAnswer(dependencies: WriteAnswerDependencies, input: WriteAnswerInput): Writing {
  const { answerer, fallback, events } = dependencies;
  const { draft, evidence, answerability, signal } = input;
  if (evidence.passages.length === 0) return { refused: 'no-passages', finishReason: 'stop' };
  if (refuseUnanswerable(answerability, answerer === null ? 'builtin' : 'model')) return NOT_IN_DOCUMENTS;
  if (answerer === null) return yield* writeWith(fallback, dependencies, input);
  try {
    return yield* writeWith(answerer, dependencies, input);
  } catch (error) {
    if (signal.aborted || !isModelFailure(error)) throw error;
    events.modelFailed({ model: answerer.id, code: error.code, cause: error.cause });
  }
  if (draft.cited.pieces.length > 0) yield { event: 'text-reset', data: {} };
  draft.cited = { pieces: [], citations: [], dropped: draft.cited.dropped };
  draft.degraded = true;
  draft.model = fallback.id;
  if (refuseUnanswerable(answerability, 'builtin')) return NOT_IN_DOCUMENTS;
  return yield* writeWith(fallback, dependencies, input);
}

function isModelFailure(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'model_unavailable' || error.code === 'model_failed');
}

async function* writeWith(
  answerer: Answerer,
  { linkTo, clock }: WriteAnswerDependencies,
  input: WriteAnswerInput,
): Writing {
  const { draft, evidence, builder, signal } = input;
  const citer = createAnswerCiter({ evidence, builder, linkTo, dropped: draft.cited.dropped });
  draft.model = answerer.id;
  draft.cited = citer.result();
  const { question: _asked, collections: _collections, topK: _topK, ...wishes } = draft.request;
  const chunks = answerer.generate({ ...wishes, question: draft.standaloneQuestion, evidence, signal });
  let finishReason: WrittenAnswer['finishReason'] = 'stop';
  let refused = false;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    if (chunk.type === 'text') yield* show(await citer.push(chunk.text), draft, clock);
    else if (chunk.type === 'refusal') refused = true;
    else {
      finishReason = chunk.reason;
      draft.promptTokens += chunk.promptTokens;
      draft.completionTokens += chunk.completionTokens;
    }
  }
  yield* show(await citer.finish(), draft, clock);
  const unfounded = refused || !hasSupport(citer, draft.standaloneQuestion);
  return { refused: unfounded ? 'not-in-documents' : null, finishReason };
}

function* show(shown: AnswerEvent[], draft: AnswerDraft, clock: Clock): Generator<AnswerEvent, void, undefined> {
  if (shown.some(({ event }) => event === 'text-delta')) draft.firstTextAt ??= clock.now();
  yield* shown;
}

/** An answer of which nothing is supported by what it cites is no answer. */
function hasSupport(citer: AnswerCiter, question: string): boolean {
  return judgeSentences(citer.result(), question).anySupport;
}
