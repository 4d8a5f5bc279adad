/** Passages, evidence and the whole answering flow over texts given in the test. */
import { expect } from 'vitest';
import { type AnswerQuestion, createAnswerQuestion } from '../../src/answering/answer-question.js';
import type { Answerer } from '../../src/answering/generate/answerer.js';
import { createExtractiveAnswerer } from '../../src/answering/generate/extractive-answerer.js';
import {
  type Answer,
  type AnswerEvent,
  type AskRequest,
  answerEventSchema,
  answerSchema,
  askRequestSchema,
  isTerminal,
} from '../../src/domain/answer.js';
import type { Passage } from '../../src/domain/passage.js';
import { systemClock } from '../../src/domain/ports/clock.js';
import type { SearchPassages, WeighTerms } from '../../src/domain/ports/search.js';
import { tokeniseText } from '../../src/domain/text/tokenise-text.js';
import { createFakeEvents, type FakeEvents } from '../fakes/fake-events.js';

export interface TestPage {
  title: string;
  text: string;
  page?: number | null;
}

export const PRINCIPAL = { tenantId: 'default', keyId: 'local' };

/** A passage that is a whole page, or a slice of it. */
export function makePassage(page: TestPage, index = 0, slice: { start?: number; end?: number } = {}): Passage {
  const start = slice.start ?? 0;
  const end = slice.end ?? page.text.length;
  return {
    id: `psg_${index}_${start}`,
    documentId: `doc_${index}`,
    documentTitle: page.title,
    collection: 'default',
    version: 1,
    page: page.page === undefined ? 1 : page.page,
    pageLabel: null,
    heading: [],
    text: page.text.slice(start, end),
    start,
    end,
    score: 1 / (index + 1),
  };
}

export interface AnswerParts {
  answerQuestion: AnswerQuestion;
  events: FakeEvents;
  /** Stored text by document id; change it to make stored and indexed text differ. */
  stored: Map<string, string | null>;
}

/** The flow over pages that search always finds, in the order given. */
export function makeAnswerParts(
  pages: TestPage[],
  options: { answerer?: Answerer | null; fallback?: Answerer; search?: SearchPassages } = {},
): AnswerParts {
  const passages = pages.map((page, index) => makePassage(page, index));
  const stored = new Map<string, string | null>(pages.map(({ text }, index) => [`doc_${index}`, text]));
  const events = createFakeEvents();
  const answerQuestion = createAnswerQuestion({
    search: options.search ?? (async () => ({ passages, timings: { lexicalMs: 0, vectorMs: 0, totalMs: 0 } })),
    weighTerms: weighOver(pages),
    passages: { pageText: async ({ documentId }) => stored.get(documentId) ?? null },
    answerer: options.answerer ?? null,
    fallback: options.fallback ?? createExtractiveAnswerer(),
    linkTo: ({ documentId, start, end }) => `http://localhost/documents/${documentId}?start=${start}&end=${end}`,
    clock: systemClock,
    events,
  });
  return { answerQuestion, events, stored };
}

/** Counts terms in titles and texts, as the lexical index would. */
function weighOver(pages: TestPage[]): WeighTerms {
  const texts = pages.map(({ title, text }) => {
    const terms = new Set<string>();
    tokeniseText(`${title}\n${text}`, (term) => terms.add(term));
    return terms;
  });
  return async (_principal, { terms }) => ({
    passages: texts.length,
    frequencies: new Map(terms.map((term) => [term, texts.filter((text) => text.has(term)).length])),
  });
}

export function makeRequest(request: Partial<AskRequest> & { question: string }): AskRequest {
  return askRequestSchema.parse(request);
}

export interface Answered {
  events: AnswerEvent[];
  answer: Answer;
  /** The text a client would show: deltas since the last reset. */
  shown: string;
}

/** Asks, checks what must hold for every answer whatever happens, and gives all of it. */
export async function ask(
  parts: Pick<AnswerParts, 'answerQuestion' | 'stored'>,
  request: Partial<AskRequest> & { question: string },
  signal: AbortSignal = new AbortController().signal,
): Promise<Answered> {
  const events: AnswerEvent[] = [];
  const generator = parts.answerQuestion({
    principal: PRINCIPAL,
    request: makeRequest(request),
    answerId: 'ans_1',
    signal,
  });
  let step = await generator.next();
  for (; step.done !== true; step = await generator.next()) events.push(structuredClone(step.value));
  const answer = step.value;
  for (const event of events) answerEventSchema.parse(event);
  answerSchema.parse(answer);
  expect(events.filter(isTerminal)).toHaveLength(1);
  expect(events.findIndex(isTerminal)).toBe(events.length - 1);
  expect(events[0]?.event).toBe('answer-start');
  let shown = '';
  for (const event of events) {
    if (event.event === 'text-reset') shown = '';
    if (event.event === 'text-delta') shown += event.data.text;
  }
  if (answer.status === 'completed') expect(shown).toBe(answer.text);
  checkCitations(answer, parts.stored);
  return { events, answer, shown };
}

/** Quotes are stored text, markers are in the text, sentences are stretches of it. */
export function checkCitations(answer: Answer, stored: ReadonlyMap<string, string | null>): void {
  for (const { documentId, start, end, quote, marker } of answer.citations) {
    expect(quote).toBe(stored.get(documentId)?.slice(start, end));
    expect(answer.text).toContain(`[${marker}]`);
  }
  const markers = [...answer.text.matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number));
  expect(new Set(markers)).toEqual(new Set(answer.citations.map(({ marker }) => marker)));
  let last = 0;
  for (const { start, end, citations } of answer.sentences) {
    expect(start).toBeGreaterThanOrEqual(last);
    expect(end).toBeGreaterThan(start);
    for (const marker of citations) expect(answer.text.slice(start, end)).toContain(`[${marker}]`);
    last = end;
  }
  expect(last).toBeLessThanOrEqual(answer.text.length);
}
