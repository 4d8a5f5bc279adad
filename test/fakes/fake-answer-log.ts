import type { Answer, NumberedAnswerEvent } from '../../src/domain/answer.js';
import { AppError } from '../../src/domain/errors.js';
import type { AnswerLog } from '../../src/domain/ports/answer-log.js';

type Feedback = Parameters<AnswerLog['saveFeedback']>[2];

interface Row {
  tenantId: string;
  answer: Answer;
  events: NumberedAnswerEvent[];
  feedback: Feedback | null;
  touchedAt: number;
}

export interface FakeAnswerLog extends AnswerLog {
  /** The stored rating; null when there is none. */
  feedbackOf(answerId: string): Feedback | null;
}

/** AnswerLog in memory, as strict about order as the real one. `now` gives milliseconds. */
export function createFakeAnswerLog({ now = Date.now }: { now?: () => number } = {}): FakeAnswerLog {
  const rows = new Map<string, Row>();
  const started = (answerId: string): Row => {
    const row = rows.get(answerId);
    if (row === undefined) throw new AppError('not_found', 'There is no such answer.');
    return row;
  };
  const own = (tenantId: string, answerId: string): Row | null => {
    const row = rows.get(answerId);
    return row?.tenantId === tenantId ? row : null;
  };
  return {
    feedbackOf: (answerId) => rows.get(answerId)?.feedback ?? null,
    start: async (tenantId, answer) => {
      rows.set(answer.id, { tenantId, answer: structuredClone(answer), events: [], feedback: null, touchedAt: now() });
    },
    append: async (answerId, events) => {
      if (events.length === 0) return;
      const row = started(answerId);
      if (events.some(({ id }, index) => id !== row.events.length + 1 + index)) {
        throw new AppError('conflict', 'The events do not follow the last stored event of this answer.');
      }
      row.events.push(...structuredClone(events));
      row.touchedAt = now();
    },
    finish: async (answer) => {
      const row = started(answer.id);
      row.answer = structuredClone(answer);
      row.touchedAt = now();
    },
    find: async (tenantId, answerId) => structuredClone(own(tenantId, answerId)?.answer ?? null),
    events: async (tenantId, answerId, after) =>
      structuredClone(own(tenantId, answerId)?.events.filter(({ id }) => id > after) ?? []),
    saveFeedback: async (tenantId, answerId, feedback) => {
      const row = own(tenantId, answerId);
      if (row !== null) row.feedback = { ...feedback };
      return row !== null;
    },
    removeAbout: async (documentId) => {
      const about = [...rows].filter(([, { events }]) =>
        JSON.stringify(events).includes(`"documentId":"${documentId}"`),
      );
      for (const [id] of about) rows.delete(id);
      return about.length;
    },
    findStale: async (staleMs) =>
      [...rows.values()]
        .filter(({ answer, touchedAt }) => answer.status === 'running' && touchedAt < now() - staleMs)
        .map(({ tenantId, answer }) => structuredClone({ tenantId, answer })),
  };
}
