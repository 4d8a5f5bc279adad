import type { Answer, NumberedAnswerEvent } from '../answer.js';

/** Answers and their events, kept so that a stream can be resumed and an answer read again. */
export interface AnswerLog {
  /** A new running answer. */
  start(tenantId: string, answer: Answer): Promise<void>;
  /** Appends events in order; ids count from 1 without gaps. */
  append(answerId: string, events: NumberedAnswerEvent[]): Promise<void>;
  /** Stores the final state. */
  finish(answer: Answer): Promise<void>;
  find(tenantId: string, answerId: string): Promise<Answer | null>;
  /** Events with an id above `after`, in order. */
  events(tenantId: string, answerId: string, after: number): Promise<NumberedAnswerEvent[]>;
  /** Keeps a rating; a second one replaces the first. False when the answer is unknown. */
  saveFeedback(
    tenantId: string,
    answerId: string,
    feedback: { rating: 'up' | 'down'; comment: string | null },
  ): Promise<boolean>;
  /**
   * Removes every answer, with its events, that quotes or was given a passage of the document: what is deleted must not
   * come back by a replay. Returns how many.
   */
  removeAbout(documentId: string): Promise<number>;
  /** Ids of answers left `running` by processes that are gone: not touched for `staleMs`. */
  findStale(staleMs: number): Promise<{ tenantId: string; answer: Answer }[]>;
}
