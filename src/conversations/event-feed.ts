/**
 * The events of one running answer, for any number of readers. Events are kept once; a reader is only a position in them,
 * so a slow reader costs a number, not a queue.
 */
import { isTerminal, type NumberedAnswerEvent } from '../domain/answer.js';

export interface EventFeed {
  /** Appends; readers that wait are woken. Nothing is taken after the terminal event. */
  publish(event: NumberedAnswerEvent): void;
  /** Id of the newest event, 0 before the first. */
  lastId(): number;
  /** Events after `afterId`, then new ones as they come, up to the terminal one. Leaving early, or the signal, frees the place. */
  read(afterId: number, signal?: AbortSignal): AsyncIterable<NumberedAnswerEvent>;
}

export interface EventFeedOptions {
  /** Called when the number of readers has changed. */
  onReaders?: (count: number) => void;
}

/** An empty feed. */
export function createEventFeed({ onReaders }: EventFeedOptions = {}): EventFeed {
  const events: NumberedAnswerEvent[] = [];
  const waiting = new Set<() => void>();
  let readers = 0;
  let ended = false;

  const count = (change: number): void => {
    readers += change;
    onReaders?.(readers);
  };
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };

  return {
    publish: (event) => {
      if (ended) return;
      events.push(event);
      ended = isTerminal(event);
      wake();
    },
    lastId: () => events.length,
    read: (afterId, signal) => ({
      [Symbol.asyncIterator]: () => {
        count(1);
        const wait = () => new Promise<void>((resolve) => waiting.add(resolve));
        return createReader({ events, afterId, signal, isOver: () => ended, wait, wake, onLeave: () => count(-1) });
      },
    }),
  };
}

interface ReaderParts {
  events: readonly NumberedAnswerEvent[];
  afterId: number;
  signal: AbortSignal | undefined;
  isOver: () => boolean;
  wait: () => Promise<void>;
  wake: () => void;
  onLeave: () => void;
}

/** Written by hand, because a generator that waits for the next event could not be left. */
function createReader(parts: ReaderParts): AsyncIterator<NumberedAnswerEvent> {
  const { events, signal } = parts;
  // A client may name an event that never was; it gets what comes, the end included.
  let position = Math.min(parts.afterId, events.length);
  let left = false;
  const leave = (): void => {
    if (left) return;
    left = true;
    signal?.removeEventListener('abort', leave);
    parts.onLeave();
    parts.wake();
  };
  if (signal?.aborted === true) leave();
  else signal?.addEventListener('abort', leave, { once: true });

  return {
    next: async () => {
      while (!left) {
        const event = events[position];
        if (event !== undefined) {
          position += 1;
          return { done: false, value: event };
        }
        if (parts.isOver()) leave();
        else await parts.wait();
      }
      return { done: true, value: undefined };
    },
    return: async () => {
      leave();
      return { done: true, value: undefined };
    },
  };
}
