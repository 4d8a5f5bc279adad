import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { AnswerQuestion } from '../../src/answering/answer-question.js';
import { createChatAnswerer } from '../../src/answering/generate/chat-answerer.js';
import { type AnswerService, createAnswerService } from '../../src/conversations/answer-service.js';
import { isTerminal, type NumberedAnswerEvent } from '../../src/domain/answer.js';
import { AppError } from '../../src/domain/errors.js';
import type { AnswerLog } from '../../src/domain/ports/answer-log.js';
import type { ChatChunk, ChatModel } from '../../src/domain/ports/chat-model.js';
import { systemClock } from '../../src/domain/ports/clock.js';
import { createFakeAnswerLog } from '../fakes/fake-answer-log.js';
import { makeAnswerParts, makeRequest, PRINCIPAL } from '../support/answer-parts.js';

const PAGES = [{ title: 'Policy', text: 'Meals are reimbursed up to 45 EUR per day. Taxis are free.' }];
const REQUEST = makeRequest({ question: 'How much are meals?' });
const OTHER = { tenantId: 'other', keyId: 'key_x' };

/** A model that says its words when the test lets it, and knows whether it was aborted. */
function makeSteppedModel() {
  const words = 'Meals are reimbursed up to 45 EUR per day [1.1].'.split(/(?<= )/);
  let allowed = 0;
  const state = { calls: 0, aborted: false };
  async function* stream({ signal }: { signal?: AbortSignal | undefined }): AsyncGenerator<ChatChunk> {
    state.calls += 1;
    signal?.addEventListener('abort', () => {
      state.aborted = true;
    });
    for (const [index, text] of words.entries()) {
      while (allowed <= index) {
        signal?.throwIfAborted();
        await sleep(2);
      }
      yield { type: 'text', text };
    }
    yield { type: 'finish', reason: 'stop', promptTokens: 1, completionTokens: 1 };
  }
  const model: ChatModel = { id: 'fake:stepped', stream };
  return { model, state, allow: (count: number) => (allowed = count), finish: () => (allowed = words.length) };
}

function makeService(options: { log?: AnswerLog; graceMs?: number; answerQuestion?: AnswerQuestion } = {}) {
  const stepped = makeSteppedModel();
  const log = options.log ?? createFakeAnswerLog();
  const parts = makeAnswerParts(PAGES, { answerer: createChatAnswerer({ model: stepped.model }) });
  const answerQuestion = options.answerQuestion ?? parts.answerQuestion;
  const service = createAnswerService({
    answerQuestion,
    log,
    clock: systemClock,
    disconnectGraceMs: options.graceMs ?? 60,
  });
  return { service, log, ...stepped };
}

async function collect(
  service: AnswerService,
  answerId: string,
  afterId = 0,
  signal?: AbortSignal,
): Promise<NumberedAnswerEvent[]> {
  const events: NumberedAnswerEvent[] = [];
  for await (const event of service.subscribe(
    PRINCIPAL,
    answerId,
    signal === undefined ? { afterId } : { afterId, signal },
  ))
    events.push(event);
  return events;
}

describe('the answer service', () => {
  it('gives every reader the same events from every position, live and replayed, and asks the model once', async () => {
    const { service, state, allow, finish } = makeService();
    const { id } = await service.start(PRINCIPAL, REQUEST, { respondAsync: false });
    const early = collect(service, id);
    await sleep(10);
    allow(3);
    await sleep(20);
    const midway = collect(service, id);
    finish();
    const all = await early;
    expect(all.map((event) => event.id)).toEqual(all.map((_, index) => index + 1));
    expect(await midway).toEqual(all);
    for (let after = 0; after <= all.length; after += 1)
      expect(await collect(service, id, after)).toEqual(all.slice(after));
    expect(all.filter(isTerminal)).toHaveLength(1);
    expect(state.calls).toBe(1);
    expect(await service.find(PRINCIPAL, id)).toMatchObject({
      status: 'completed',
      text: expect.stringContaining('45 EUR'),
    });
  });

  it('has the final answer stored when the terminal event arrives', async () => {
    const { service, finish } = makeService();
    const { id } = await service.start(PRINCIPAL, REQUEST, { respondAsync: false });
    finish();
    for await (const event of service.subscribe(PRINCIPAL, id, { afterId: 0 })) {
      if (isTerminal(event)) expect(await service.find(PRINCIPAL, id)).toMatchObject({ status: 'completed' });
    }
  });

  it('cancels the model when the last reader has left and the grace is over', async () => {
    const { service, state, allow } = makeService();
    const { id } = await service.start(PRINCIPAL, REQUEST, { respondAsync: false });
    allow(2);
    const leaving = new AbortController();
    const reading = collect(service, id, 0, leaving.signal);
    await sleep(20);
    leaving.abort();
    expect((await reading).some(isTerminal)).toBe(false);
    expect(state.aborted).toBe(false);
    await sleep(150);
    expect(state.aborted).toBe(true);
    expect(await service.find(PRINCIPAL, id)).toMatchObject({ status: 'cancelled', finishReason: 'cancelled' });
    const events = await collect(service, id);
    expect(events.at(-1)?.event).toBe('answer-end');
  });

  it('goes on when somebody reconnects within the grace', async () => {
    const { service, state, allow, finish } = makeService({ graceMs: 200 });
    const { id } = await service.start(PRINCIPAL, REQUEST, { respondAsync: false });
    allow(2);
    let seen = 0;
    for await (const event of service.subscribe(PRINCIPAL, id, { afterId: 0 })) {
      seen = event.id;
      if (event.event === 'text-delta') break;
    }
    await sleep(60);
    const rest = collect(service, id, seen);
    await sleep(250);
    finish();
    expect((await rest).at(-1)).toMatchObject({ event: 'answer-end', data: { answer: { status: 'completed' } } });
    expect(state.aborted).toBe(false);
  });

  it('finishes and stores an answer that nobody reads when that was asked for', async () => {
    const { service, finish } = makeService({ graceMs: 0 });
    const { id } = await service.start(PRINCIPAL, REQUEST, { respondAsync: true });
    for await (const _event of service.subscribe(PRINCIPAL, id, { afterId: 0 })) break;
    await sleep(30);
    finish();
    await sleep(50);
    expect(await service.find(PRINCIPAL, id)).toMatchObject({ status: 'completed' });
  });

  it('cancels on request', async () => {
    const { service, state } = makeService();
    const { id } = await service.start(PRINCIPAL, REQUEST, { respondAsync: true });
    await sleep(10);
    expect(await service.cancel(PRINCIPAL, id)).toMatchObject({ id, status: 'cancelled' });
    expect(state.aborted).toBe(true);
    expect(await service.cancel(PRINCIPAL, id)).toMatchObject({ status: 'cancelled' });
  });

  it('knows no answers of other tenants', async () => {
    const { service, finish } = makeService();
    const { id } = await service.start(PRINCIPAL, REQUEST, { respondAsync: true });
    for (const attempt of [
      () => service.find(OTHER, id),
      () => service.cancel(OTHER, id),
      () => service.rate(OTHER, id, { rating: 'up' }),
      () => service.isReadToEnd(OTHER, id, 0),
      () => service.subscribe(OTHER, id, { afterId: 0 })[Symbol.asyncIterator]().next(),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    }
    finish();
    await collect(service, id);
  });

  it('ends running answers with an event when the server stops, and takes no new ones', async () => {
    const { service } = makeService();
    const { id } = await service.start(PRINCIPAL, REQUEST, { respondAsync: true });
    const reading = collect(service, id);
    await sleep(10);
    await service.drain(30);
    expect((await reading).at(-1)).toMatchObject({
      event: 'answer-error',
      data: { problem: { code: 'answer_interrupted' } },
    });
    expect(await service.find(PRINCIPAL, id)).toMatchObject({ status: 'failed', finishReason: 'error' });
    await expect(service.start(PRINCIPAL, REQUEST, { respondAsync: true })).rejects.toMatchObject({
      code: 'answer_interrupted',
    });
  });

  it('lets answers finish that can within the drain', async () => {
    const { service, finish } = makeService();
    const { id } = await service.start(PRINCIPAL, REQUEST, { respondAsync: true });
    const draining = service.drain(2000);
    finish();
    await draining;
    expect(await service.find(PRINCIPAL, id)).toMatchObject({ status: 'completed' });
  });

  it('ends answers that a dead process left behind', async () => {
    const log = createFakeAnswerLog();
    const dead = makeService({ log });
    const { id } = await dead.service.start(PRINCIPAL, REQUEST, { respondAsync: true });
    await sleep(250);
    const { service } = makeService({ log });
    expect(await service.recover(60_000)).toBe(0);
    expect(await service.recover(10)).toBe(1);
    expect(await service.find(PRINCIPAL, id)).toMatchObject({ status: 'failed' });
    const events = await collect(service, id);
    expect(events.at(-1)).toMatchObject({ event: 'answer-error', data: { problem: { code: 'answer_interrupted' } } });
    await dead.service.drain(0);
  });

  it('follows an answer that another process makes', async () => {
    const log = createFakeAnswerLog();
    const { service: maker, finish } = makeService({ log });
    const { id } = await maker.start(PRINCIPAL, REQUEST, { respondAsync: true });
    const following = collect(makeService({ log }).service, id);
    finish();
    expect((await following).at(-1)?.event).toBe('answer-end');
  });

  it('still ends with an event when the log fails, and when the generator breaks its promise', async () => {
    const log = createFakeAnswerLog();
    const failing: AnswerLog = {
      ...log,
      finish: async () => {
        throw new AppError('storage_unavailable', 'The storage cannot be reached.');
      },
    };
    const first = makeService({ log: failing });
    const started = await first.service.start(PRINCIPAL, REQUEST, { respondAsync: true });
    const reading = collect(first.service, started.id);
    first.finish();
    expect((await reading).at(-1)).toMatchObject({
      event: 'answer-error',
      data: { problem: { code: 'storage_unavailable' } },
    });
    // biome-ignore lint/correctness/useYield: the point is that it yields nothing
    const broken: AnswerQuestion = async function* () {
      throw new Error('secret detail');
    };
    const second = makeService({ answerQuestion: broken });
    const { id } = await second.service.start(PRINCIPAL, REQUEST, { respondAsync: true });
    await sleep(20);
    const events = await collect(second.service, id);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ event: 'answer-error', data: { problem: { code: 'internal_error' } } });
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it('keeps a rating', async () => {
    const log = createFakeAnswerLog();
    const { service, finish } = makeService({ log });
    finish();
    const { id } = await service.start(PRINCIPAL, REQUEST, { respondAsync: true });
    await service.rate(PRINCIPAL, id, { rating: 'down', comment: 'wrong page' });
    expect(log.feedbackOf(id)).toEqual({ rating: 'down', comment: 'wrong page' });
    await collect(service, id);
  });
});
