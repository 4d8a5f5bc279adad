/**
 * Answers as things that live: started once, read by any number of clients live or from the log, cancelled, rated, ended
 * cleanly when the server stops. It makes no answer itself (see answering/answer-question.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AnswerQuestion } from '../answering/answer-question.js';
import { type Answer, type AskRequest, type Feedback, isTerminal, type NumberedAnswerEvent } from '../domain/answer.js';
import { AppError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { AnswerLog } from '../domain/ports/answer-log.js';
import type { Clock } from '../domain/ports/clock.js';
import type { Principal } from '../domain/principal.js';
import { endWithError, type RunningAnswer, runAnswer } from './run-answer.js';

export interface AnswerServiceDependencies {
  answerQuestion: AnswerQuestion;
  log: AnswerLog;
  clock: Clock;
  /** How long an answer goes on after its last reader left, so that a reconnect can take over. */
  disconnectGraceMs: number;
}

export interface StartAnswerOptions {
  /** Finish and store the answer even if nobody reads it. */
  respondAsync: boolean;
  /** Overrides the service's grace, e.g. 0 for clients that could not reconnect. */
  graceMs?: number;
}

export interface AnswerService {
  /** Starts an answer. @throws AppError `storage_unavailable`, `answer_interrupted` while the server stops */
  start(principal: Principal, request: AskRequest, options: StartAnswerOptions): Promise<Answer>;
  /** The answer as stored. @throws AppError `not_found` */
  find(principal: Principal, answerId: string): Promise<Answer>;
  /**
   * Events with an id above `afterId`: what is there, then live, up to the terminal one. Ends early with the signal.
   * Iterating throws AppError `not_found` for an unknown answer.
   */
  subscribe(
    principal: Principal,
    answerId: string,
    options: { afterId: number; signal?: AbortSignal },
  ): AsyncIterable<NumberedAnswerEvent>;
  /** True when the answer has ended and no event follows `afterId`. @throws AppError `not_found` */
  isReadToEnd(principal: Principal, answerId: string, afterId: number): Promise<boolean>;
  /** Ends a running answer and gives its final state; an ended one is left alone. @throws AppError `not_found` */
  cancel(principal: Principal, answerId: string): Promise<Answer>;
  /** @throws AppError `not_found` */
  rate(principal: Principal, answerId: string, feedback: Feedback): Promise<void>;
  /** Takes no new answers, gives the running ones `graceMs` to finish, then ends them with `answer_interrupted`. */
  drain(graceMs?: number): Promise<void>;
  /** Ends answers that a dead process left running and did not touch for `staleMs`. Returns how many. */
  recover(staleMs: number): Promise<number>;
}

/** Time between two looks at the log for an answer that another process is making. */
const POLL_MS = 300;

/** The service; it holds running answers in memory and nothing else. */
export function createAnswerService(dependencies: AnswerServiceDependencies): AnswerService {
  const { log } = dependencies;
  const running = new Map<string, RunningAnswer>();
  let draining = false;

  const findRunning = ({ tenantId }: Principal, answerId: string): RunningAnswer | undefined => {
    const run = running.get(answerId);
    return run?.tenantId === tenantId ? run : undefined;
  };
  const find = async ({ tenantId }: Principal, answerId: string): Promise<Answer> =>
    (await log.find(tenantId, answerId)) ?? notFound();

  return {
    find,
    start: async (principal, request, options) => {
      if (draining) throw interrupted();
      const initial = startedAnswer(request, dependencies.clock);
      await log.start(principal.tenantId, initial);
      const run = beginRun(dependencies, { principal, request, options, initial });
      running.set(initial.id, run);
      void run.done.then(() => running.delete(initial.id));
      if (draining) run.abort(interrupted());
      return initial;
    },
    subscribe: (principal, answerId, { afterId, signal }) =>
      findRunning(principal, answerId)?.read(afterId, signal) ??
      followLog(log, { tenantId: principal.tenantId, answerId, afterId, signal }),
    isReadToEnd: async (principal, answerId, afterId) => {
      if (findRunning(principal, answerId) !== undefined) return false;
      const { status } = await find(principal, answerId);
      return status !== 'running' && (await log.events(principal.tenantId, answerId, afterId)).length === 0;
    },
    cancel: async (principal, answerId) => {
      const run = findRunning(principal, answerId);
      if (run === undefined) return find(principal, answerId);
      run.abort(new DOMException('The answer was cancelled.', 'AbortError'));
      return run.done;
    },
    rate: async ({ tenantId }, answerId, { rating, comment = null }) => {
      if (!(await log.saveFeedback(tenantId, answerId, { rating, comment }))) notFound();
    },
    drain: async (graceMs = 5000) => {
      draining = true;
      await endAll([...running.values()], graceMs);
    },
    recover: (staleMs) => recoverStale(log, { staleMs, isRunning: (answerId) => running.has(answerId) }),
  };
}

function notFound(): never {
  throw new AppError('not_found', 'There is no such answer.');
}

function interrupted(): AppError {
  return new AppError('answer_interrupted', 'The server is stopping; ask again in a moment.');
}

function beginRun(
  { answerQuestion, log, disconnectGraceMs }: AnswerServiceDependencies,
  {
    principal,
    request,
    options,
    initial,
  }: { principal: Principal; request: AskRequest; options: StartAnswerOptions; initial: Answer },
): RunningAnswer {
  return runAnswer({
    tenantId: principal.tenantId,
    initial,
    generate: (signal) => answerQuestion({ principal, request, answerId: initial.id, signal }),
    log,
    unattended: options.respondAsync,
    graceMs: options.graceMs ?? disconnectGraceMs,
  });
}

async function endAll(runs: RunningAnswer[], graceMs: number): Promise<void> {
  const all = Promise.all(runs.map((run) => run.done));
  const stop = new AbortController();
  const grace = sleep(graceMs, undefined, { signal: stop.signal }).catch(() => {});
  await Promise.race([all, grace]);
  stop.abort();
  for (const run of runs) run.abort(interrupted());
  await all;
}

/** The state of an answer of which nothing is known yet. */
function startedAnswer(request: AskRequest, clock: Clock): Answer {
  return {
    id: newId('ans'),
    status: 'running',
    question: request.question,
    standaloneQuestion: request.question,
    text: '',
    citations: [],
    sentences: [],
    grounded: false,
    coverage: 0,
    refused: false,
    refusalReason: null,
    degraded: false,
    model: '',
    conversationId: null,
    usage: { promptTokens: 0, completionTokens: 0, costUsd: 0 },
    timings: { retrieveMs: 0, firstTokenMs: null, totalMs: 0 },
    finishReason: 'stop',
    cached: false,
    createdAt: new Date(clock.now()).toISOString(),
  };
}

interface LogPosition {
  tenantId: string;
  answerId: string;
  afterId: number;
  signal: AbortSignal | undefined;
}

/** An answer that this process does not make: finished, or made by another process that writes to the same log. */
async function* followLog(log: AnswerLog, position: LogPosition): AsyncGenerator<NumberedAnswerEvent, void, undefined> {
  const { tenantId, answerId, signal } = position;
  let last = position.afterId;
  const isLeft = () => signal?.aborted === true;
  while (!isLeft()) {
    const answer = (await log.find(tenantId, answerId)) ?? notFound();
    for (const event of await log.events(tenantId, answerId, last)) {
      last = event.id;
      yield event;
      if (isTerminal(event) || isLeft()) return;
    }
    if (answer.status !== 'running') return;
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

async function recoverStale(
  log: AnswerLog,
  { staleMs, isRunning }: { staleMs: number; isRunning: (answerId: string) => boolean },
): Promise<number> {
  let recovered = 0;
  for (const { tenantId, answer } of await log.findStale(staleMs)) {
    if (isRunning(answer.id)) continue;
    const last = (await log.events(tenantId, answer.id, 0)).at(-1);
    if (last?.event === 'answer-end') await log.finish(last.data.answer);
    else {
      const sentence = 'The answer was cut off because the server stopped; ask again.';
      const failed = endWithError(answer, new AppError('answer_interrupted', sentence));
      if (last?.event !== 'answer-error') {
        await log.append(answer.id, [{ ...failed.terminal, id: (last?.id ?? 0) + 1 }]);
      }
      await log.finish(failed.answer);
    }
    recovered += 1;
  }
  return recovered;
}
