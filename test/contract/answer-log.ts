import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, answerSchema, type NumberedAnswerEvent } from '../../src/domain/answer.js';
import type { Passage } from '../../src/domain/passage.js';
import type { AnswerLog } from '../../src/domain/ports/answer-log.js';

/** Two views of one empty log, and the rating that it keeps. */
export interface AnswerLogSubject {
  log: AnswerLog;
  other: AnswerLog;
  feedbackOf(answerId: string): Promise<unknown>;
}

const TENANT = 'default';

/** What every answer log must do. */
export function describeAnswerLogContract(
  name: string,
  makeSubject: () => Promise<AnswerLogSubject>,
  dispose: () => Promise<void> = async () => {},
): void {
  describe(`${name} as an answer log`, () => {
    let subject: AnswerLogSubject;
    let log: AnswerLog;

    beforeEach(async () => {
      subject = await makeSubject();
      log = subject.log;
      await log.start(TENANT, makeAnswer('ans_a'));
    });
    afterAll(dispose);

    it('gives a running answer and, when it is finished, its final state', async () => {
      expect(await subject.other.find(TENANT, 'ans_a')).toEqual(makeAnswer('ans_a'));
      const final = makeAnswer('ans_a', { status: 'completed', text: 'Ünïcode \0 "quoted" 🙂 \ud83d' });
      await log.finish(final);
      expect(await subject.other.find(TENANT, 'ans_a')).toEqual(final);
      expect(answerSchema.parse(await log.find(TENANT, 'ans_a'))).toEqual(final);
    });

    it('gives events in order, from any position', async () => {
      await log.append('ans_a', [delta(1, 'one'), delta(2, 'two')]);
      await log.append('ans_a', [delta(3, 'three \0 🙂')]);
      await log.append('ans_a', []);
      expect(await subject.other.events(TENANT, 'ans_a', 0)).toEqual([
        delta(1, 'one'),
        delta(2, 'two'),
        delta(3, 'three \0 🙂'),
      ]);
      expect(await log.events(TENANT, 'ans_a', 2)).toEqual([delta(3, 'three \0 🙂')]);
      expect(await log.events(TENANT, 'ans_a', 3)).toEqual([]);
    });

    it('refuses gaps, repetitions and a wrong start, and keeps what it had', async () => {
      await expect(log.append('ans_a', [delta(2, 'x')])).rejects.toMatchObject({ code: 'conflict' });
      await log.append('ans_a', [delta(1, 'one')]);
      await expect(log.append('ans_a', [delta(1, 'again')])).rejects.toMatchObject({ code: 'conflict' });
      await expect(log.append('ans_a', [delta(2, 'two'), delta(4, 'four')])).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await log.events(TENANT, 'ans_a', 0)).toEqual([delta(1, 'one')]);
    });

    it('takes the same next event from one of two writers only', async () => {
      const results = await Promise.allSettled([
        log.append('ans_a', [delta(1, 'mine')]),
        subject.other.append('ans_a', [delta(1, 'yours')]),
      ]);
      expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await log.events(TENANT, 'ans_a', 0)).toHaveLength(1);
    });

    it('refuses events and the end of an answer that was never started', async () => {
      await expect(log.append('ans_x', [delta(1, 'x')])).rejects.toMatchObject({ code: 'not_found' });
      await expect(log.finish(makeAnswer('ans_x'))).rejects.toMatchObject({ code: 'not_found' });
    });

    it('shows nothing of an answer to another tenant', async () => {
      await log.append('ans_a', [delta(1, 'secret')]);
      expect(await log.find('other', 'ans_a')).toBeNull();
      expect(await log.events('other', 'ans_a', 0)).toEqual([]);
      expect(await log.saveFeedback('other', 'ans_a', { rating: 'up', comment: null })).toBe(false);
      expect(await subject.feedbackOf('ans_a')).toBeNull();
    });

    it('knows no answer that was never started', async () => {
      expect(await log.find(TENANT, 'ans_x')).toBeNull();
      expect(await log.events(TENANT, 'ans_x', 0)).toEqual([]);
      expect(await log.saveFeedback(TENANT, 'ans_x', { rating: 'up', comment: null })).toBe(false);
    });

    it('keeps the last rating', async () => {
      expect(await log.saveFeedback(TENANT, 'ans_a', { rating: 'up', comment: null })).toBe(true);
      expect(await log.saveFeedback(TENANT, 'ans_a', { rating: 'down', comment: 'wrong page' })).toBe(true);
      expect(await subject.feedbackOf('ans_a')).toEqual({ rating: 'down', comment: 'wrong page' });
    });

    it('removes the answers that were given a passage of a deleted document, and only those', async () => {
      const passage = { documentId: 'doc_gone' } as Passage;
      const data = { standaloneQuestion: 'q', passages: [passage] };
      await log.append('ans_a', [{ id: 1, event: 'passages-selected', data }]);
      await log.start(TENANT, makeAnswer('ans_b'));
      await log.append('ans_b', [delta(1, 'about doc_gone, which it never saw')]);
      expect(await log.removeAbout('doc_gone')).toBe(1);
      expect(await log.find(TENANT, 'ans_a')).toBeNull();
      expect(await log.events(TENANT, 'ans_a', 0)).toEqual([]);
      expect(await log.events(TENANT, 'ans_b', 0)).toHaveLength(1);
      expect(await log.removeAbout('doc_gone')).toBe(0);
    });

    it('finds running answers that nobody has touched for a while', async () => {
      await log.start('other', makeAnswer('ans_b'));
      await log.start(TENANT, makeAnswer('ans_done'));
      await log.finish(makeAnswer('ans_done', { status: 'completed' }));
      expect(await log.findStale(60_000)).toEqual([]);
      await sleep(1100);
      await log.append('ans_a', [delta(1, 'still here')]);
      expect(await log.findStale(1000)).toEqual([{ tenantId: 'other', answer: makeAnswer('ans_b') }]);
    });
  });
}

function delta(id: number, text: string): NumberedAnswerEvent {
  return { id, event: 'text-delta', data: { text } };
}

function makeAnswer(id: string, changes: Partial<Answer> = {}): Answer {
  return {
    id,
    status: 'running',
    question: 'How many days?',
    standaloneQuestion: 'How many days?',
    text: '',
    citations: [],
    sentences: [],
    grounded: false,
    coverage: 0,
    refused: false,
    refusalReason: null,
    degraded: false,
    model: 'built-in',
    conversationId: null,
    usage: { promptTokens: 0, completionTokens: 0, costUsd: 0 },
    timings: { retrieveMs: 0, firstTokenMs: null, totalMs: 0 },
    finishReason: 'stop',
    cached: false,
    createdAt: '2025-01-01T00:00:00.000Z',
    ...changes,
  };
}
