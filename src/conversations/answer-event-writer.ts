import type { NumberedAnswerEvent } from '../domain/answer.js';
import type { AnswerLog } from '../domain/ports/answer-log.js';

export interface AnswerEventWriter {
  /** Takes an event; it is stored with others a moment later. */
  write(event: NumberedAnswerEvent): void;
  /** Resolves when everything taken so far is stored. @throws what the log throws */
  flush(): Promise<void>;
}

export interface AnswerEventWriterOptions {
  log: Pick<AnswerLog, 'append'>;
  answerId: string;
  /** How long events are collected before they are stored together. */
  batchMs?: number;
}

/**
 * Stores the events of one answer in order, in batches, one write at a time: a token a row would cost a transaction each.
 * A batch that fails is kept and tried again with the next one; `flush` reports the failure.
 */
export function createAnswerEventWriter({ log, answerId, batchMs = 150 }: AnswerEventWriterOptions): AnswerEventWriter {
  let waiting: NumberedAnswerEvent[] = [];
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  async function store(): Promise<void> {
    const batch = waiting;
    if (batch.length === 0) return;
    await log.append(answerId, batch);
    waiting = waiting.slice(batch.length);
  }

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const written = writing.then(store);
    writing = written.catch(() => {});
    return written;
  }

  return {
    write: (event) => {
      waiting = [...waiting, event];
      timer ??= setTimeout(() => {
        timer = null;
        flush().catch(() => {});
      }, batchMs);
    },
    flush,
  };
}
