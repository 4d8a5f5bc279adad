/** The answer while it grows: what is known so far, and the {@link Answer} it would be if it ended now. */
import type { Answer, AnswerStatus, AskRequest, FinishReason, RefusalReason } from '../domain/answer.js';
import type { Clock } from '../domain/ports/clock.js';
import { type CitedText, joinPieces } from './cite/cite-answer.js';
import { judgeSentences } from './cite/judge-sentences.js';

export interface AnswerDraft {
  answerId: string;
  request: AskRequest;
  standaloneQuestion: string;
  startedAt: number;
  retrieveMs: number;
  firstTextAt: number | null;
  model: string;
  degraded: boolean;
  cited: CitedText;
  refusalReason: RefusalReason | null;
  promptTokens: number;
  completionTokens: number;
}

const NOTHING_CITED: CitedText = { pieces: [], citations: [], dropped: 0 };

/** An empty draft. */
export function startDraft(input: { answerId: string; request: AskRequest; model: string; clock: Clock }): AnswerDraft {
  return {
    answerId: input.answerId,
    request: input.request,
    standaloneQuestion: input.request.question,
    startedAt: input.clock.now(),
    retrieveMs: 0,
    firstTextAt: null,
    model: input.model,
    degraded: false,
    cited: NOTHING_CITED,
    refusalReason: null,
    promptTokens: 0,
    completionTokens: 0,
  };
}

/** The answer as it stands. A refusal has no sentences, no citations and is not grounded. */
export function completeDraft(
  draft: AnswerDraft,
  { status, finishReason, clock }: { status: AnswerStatus; finishReason: FinishReason; clock: Clock },
): Answer {
  const judgement = judgeSentences(draft.cited, draft.standaloneQuestion);
  const refused = draft.refusalReason !== null;
  return {
    id: draft.answerId,
    status,
    question: draft.request.question,
    standaloneQuestion: draft.standaloneQuestion,
    text: joinPieces(draft.cited.pieces),
    citations: refused ? [] : draft.cited.citations,
    sentences: refused ? [] : judgement.sentences,
    grounded: !refused && judgement.grounded,
    coverage: refused ? 0 : judgement.coverage,
    refused,
    refusalReason: draft.refusalReason,
    degraded: draft.degraded,
    model: draft.model,
    conversationId: null,
    usage: { promptTokens: draft.promptTokens, completionTokens: draft.completionTokens, costUsd: 0 },
    timings: {
      retrieveMs: draft.retrieveMs,
      firstTokenMs: draft.firstTextAt === null ? null : draft.firstTextAt - draft.startedAt,
      totalMs: clock.now() - draft.startedAt,
    },
    finishReason,
    cached: false,
    createdAt: new Date(draft.startedAt).toISOString(),
  };
}
