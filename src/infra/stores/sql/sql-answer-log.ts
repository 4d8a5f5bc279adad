import { type Kysely, type Selectable, sql } from 'kysely';
import type { Answer, NumberedAnswerEvent } from '../../../domain/answer.js';
import { AppError } from '../../../domain/errors.js';
import type { AnswerLog } from '../../../domain/ports/answer-log.js';
import type { SqlDatabase } from './open-database.js';
import type { AnswerEventTable, AnswerTable, FootnoteDatabase } from './schema.js';
import { nowMs } from './sql-functions.js';

/**
 * Answers and their events as rows; any process may go on reading what another writes.
 * `updated_at` moves with every event: it is how an answer whose process is gone is told from one that is being written.
 */
export function createSqlAnswerLog(database: SqlDatabase): AnswerLog {
  const { db, dialect } = database;
  const now = nowMs(dialect);
  return {
    async start(tenantId, answer) {
      const state = { status: answer.status, answer: JSON.stringify(answer), created_at: now, updated_at: now };
      await db
        .insertInto('answer')
        .values({ id: answer.id, tenant_id: tenantId, ...state })
        .execute();
    },

    append: (answerId, events) => appendEvents(database, answerId, events),

    async finish(answer) {
      const { numUpdatedRows } = await db
        .updateTable('answer')
        .set({ status: answer.status, answer: JSON.stringify(answer), updated_at: now })
        .where('id', '=', answer.id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw unknownAnswer();
    },

    async find(tenantId, answerId) {
      const row = await ofTenant(db, tenantId, answerId).select('answer').executeTakeFirst();
      return row === undefined ? null : readAnswer(row);
    },

    async events(tenantId, answerId, after) {
      const rows = await ofTenant(db, tenantId, answerId)
        .innerJoin('answer_event as e', 'e.answer_id', 'answer.id')
        .where('e.id', '>', after)
        .select(['e.id', 'e.event', 'e.data'])
        .orderBy('e.id')
        .execute();
      return rows.map(readEvent);
    },

    async saveFeedback(tenantId, answerId, feedback) {
      const { numUpdatedRows } = await db
        .updateTable('answer')
        .set({ feedback: JSON.stringify(feedback) })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', answerId)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    removeAbout: (documentId) =>
      db.transaction().execute(async (transaction) => {
        const mention = `%"documentId":${JSON.stringify(documentId)}%`;
        const rows = await transaction
          .selectFrom('answer_event')
          .select('answer_id')
          .distinct()
          .where('event', 'in', ['passages-selected', 'answer-end'])
          .where('data', 'like', mention)
          .execute();
        const ids = rows.map((row) => row.answer_id);
        if (ids.length === 0) return 0;
        await transaction.deleteFrom('answer_event').where('answer_id', 'in', ids).execute();
        await transaction.deleteFrom('answer').where('id', 'in', ids).execute();
        return ids.length;
      }),

    async findStale(staleMs) {
      const rows = await db
        .selectFrom('answer')
        .select(['tenant_id', 'answer'])
        .where('status', '=', 'running')
        .where('updated_at', '<', sql<number>`${now} - ${staleMs}`)
        .orderBy('updated_at')
        .execute();
      return rows.map((row) => ({ tenantId: row.tenant_id, answer: readAnswer(row) }));
    },
  };
}

/**
 * The update comes first: it locks the answer's row, so that of two writers with the same next number one is refused
 * instead of both finding the place free.
 */
async function appendEvents(database: SqlDatabase, answerId: string, events: NumberedAnswerEvent[]): Promise<void> {
  const [first] = events;
  if (first === undefined) return;
  await database.db.transaction().execute(async (transaction) => {
    const touched = await transaction
      .updateTable('answer')
      .set({ updated_at: nowMs(database.dialect) })
      .where('id', '=', answerId)
      .executeTakeFirst();
    if (touched.numUpdatedRows === 0n) throw unknownAnswer();
    const last = await transaction
      .selectFrom('answer_event')
      .select(({ fn }) => fn.max('id').as('id'))
      .where('answer_id', '=', answerId)
      .executeTakeFirst();
    const expected = (last?.id ?? 0) + 1;
    if (events.some((event, index) => event.id !== expected + index)) throw outOfOrder();
    const rows = events.map(({ id, event, data }) => ({ answer_id: answerId, id, event, data: JSON.stringify(data) }));
    await transaction.insertInto('answer_event').values(rows).execute();
  });
}

function ofTenant(db: Kysely<FootnoteDatabase>, tenantId: string, answerId: string) {
  return db.selectFrom('answer').where('answer.tenant_id', '=', tenantId).where('answer.id', '=', answerId);
}

function readAnswer({ answer }: Pick<Selectable<AnswerTable>, 'answer'>): Answer {
  return JSON.parse(answer) as Answer;
}

function readEvent({ id, event, data }: Omit<Selectable<AnswerEventTable>, 'answer_id'>): NumberedAnswerEvent {
  return { id, event, data: JSON.parse(data) } as NumberedAnswerEvent;
}

function unknownAnswer(): AppError {
  return new AppError('not_found', 'There is no such answer.');
}

function outOfOrder(): AppError {
  return new AppError('conflict', 'The events do not follow the last stored event of this answer.');
}
