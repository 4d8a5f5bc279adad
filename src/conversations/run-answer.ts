/** One answer being made: the generator is run once, its events are numbered, shown live and stored. */
import { type Answer, type AnswerEvent, isTerminal, type NumberedAnswerEvent } from '../domain/answer.js';
import { AppError, toAppError } from '../domain/errors.js';
import type { AnswerLog } from '../domain/ports/answer-log.js';
import { toProblem } from '../domain/problem.js';
import { createAnswerEventWriter } from './answer-event-writer.js';
import { createEventFeed } from './event-feed.js';

export interface RunningAnswer {
  readonly tenantId: string;
  /** Events after `afterId`, live; as long as somebody reads, the answer goes on. */
  read(afterId: number, signal?: AbortSignal): AsyncIterable<NumberedAnswerEvent>;
  /** Ends the model call; an AppError as reason makes the answer fail with it, anything else cancels it. */
  abort(reason: unknown): void;
  /** The final answer, stored. Never rejects. */
  readonly done: Promise<Answer>;
}

export interface RunAnswerOptions {
  tenantId: string;
  /** The answer as stored at its start. */
  initial: Answer;
  generate: (signal: AbortSignal) => AsyncGenerator<AnswerEvent, Answer, undefined>;
  log: Pick<AnswerLog, 'append' | 'finish'>;
  /** The answer is finished although nobody reads it. */
  unattended: boolean;
  /** How long an attended answer goes on without a reader. */
  graceMs: number;
}

/** A client gets this long to begin reading, however short the grace is. */
const FIRST_READER_MS = 5000;

/** Starts the run. */
export function runAnswer(options: RunAnswerOptions): RunningAnswer {
  const { tenantId, unattended, graceMs } = options;
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const leaveAfter = (ms: number): void => {
    if (unattended || over) return;
    timer = setTimeout(() => controller.abort(), ms);
    timer.unref();
  };
  const feed = createEventFeed({
    onReaders: (count) => {
      clearTimeout(timer);
      if (count === 0) leaveAfter(graceMs);
    },
  });
  leaveAfter(Math.max(graceMs, FIRST_READER_MS));
  const done = produce(options, controller.signal, (event) => feed.publish(event)).finally(() => {
    over = true;
    clearTimeout(timer);
  });
  return { tenantId, read: feed.read, abort: (reason) => controller.abort(reason), done };
}

type Publish = (event: NumberedAnswerEvent) => void;

/** Every event is published at once, but the terminal one only when all is stored: what follows it can be read back. */
async function produce(options: RunAnswerOptions, signal: AbortSignal, publish: Publish): Promise<Answer> {
  const writer = createAnswerEventWriter({ log: options.log, answerId: options.initial.id });
  let id = 0;
  const onEvent = (event: AnswerEvent): void => {
    id += 1;
    const numbered = { ...event, id };
    writer.write(numbered);
    publish(numbered);
  };
  const { answer, terminal } = await runGenerator(options, signal, onEvent);
  const last = { ...terminal, id: id + 1 };
  try {
    writer.write(last);
    await writer.flush();
    await options.log.finish(answer);
    publish(last);
    return answer;
  } catch (error) {
    const failure = endWithError(answer, toAppError(error));
    publish({ ...failure.terminal, id: id + 1 });
    return failure.answer;
  }
}

interface Ending {
  answer: Answer;
  terminal: AnswerEvent;
}

async function runGenerator(
  { generate, initial }: RunAnswerOptions,
  signal: AbortSignal,
  onEvent: (event: AnswerEvent) => void,
): Promise<Ending> {
  const generator = generate(signal);
  let terminal: AnswerEvent | null = null;
  try {
    for (;;) {
      const step = await generator.next();
      if (step.done === true) {
        return terminal === null
          ? endWithError(step.value, new AppError('internal_error', 'The answer ended without a result.'))
          : { answer: step.value, terminal };
      }
      if (isTerminal(step.value)) terminal = step.value;
      else onEvent(step.value);
    }
  } catch (error) {
    return endWithError(initial, toAppError(error));
  }
}

/** The answer as failed, and the event that says so. */
export function endWithError(answer: Answer, error: AppError): Ending {
  return {
    answer: { ...answer, status: 'failed', finishReason: 'error' },
    terminal: { event: 'answer-error', data: { problem: toProblem(error, answer.id) } },
  };
}
