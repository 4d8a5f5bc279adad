import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChatAnswerer } from '../../src/answering/generate/chat-answerer.js';
import { groundPassages } from '../../src/answering/ground/ground-passages.js';
import {
  type Answerability,
  listQuestionTerms,
  measureAnswerability,
  refuseUnanswerable,
} from '../../src/answering/refuse-unanswerable.js';
import { AppError } from '../../src/domain/errors.js';
import { tokeniseText } from '../../src/domain/text/tokenise-text.js';
import { createFakeChatModel } from '../fakes/fake-chat-model.js';
import { ask, makeAnswerParts, makePassage } from '../support/answer-parts.js';

const LEAVE = {
  title: 'Leave',
  text: 'Every employee has 28 days of paid leave a year. Unused days expire on 31 March.',
};
const RAIL = { title: 'Railways', text: 'The night train to Vienna has eleven coaches. The dining car opens at six.' };
const TEXTS = [LEAVE, RAIL];

/** Measured over a collection of these pages in which a term stands in `times` the passages that it has here. */
function measure(question: string, pages = TEXTS, collection = { passages: 200, times: 1 }): Answerability {
  const frequencies = new Map<string, number>();
  for (const { title, text } of pages) {
    const terms = new Set<string>();
    tokeniseText(`${title}\n${text}`, (term) => terms.add(term));
    for (const term of terms) frequencies.set(term, (frequencies.get(term) ?? 0) + collection.times);
  }
  const evidence = groundPassages(pages.map((page, index) => makePassage(page, index)));
  return measureAnswerability(question, evidence, { passages: collection.passages, frequencies });
}

const judged = (score: number, rest: Partial<Answerability> = {}): Answerability => ({
  score,
  words: 5,
  language: 'en',
  foreign: false,
  ...rest,
});

describe('what a question needs', () => {
  it('are its content words and their n-grams, each once', () => {
    const terms = listQuestionTerms('How many days of paid leave are there, and which days expire?');
    expect(terms).toEqual(expect.arrayContaining(['days', 'paid', 'leave', 'expire', '~^lea']));
    expect(terms).not.toEqual(expect.arrayContaining(['of']));
    expect(new Set(terms).size).toBe(terms.length);
  });
});

describe('how much of a question the evidence holds', () => {
  it('is most for words that stand there, less for other forms of them, and nothing for foreign ones', () => {
    const same = measure('Which unused days of leave expire?').score;
    const forms = measure('Which unusable day expires?').score;
    expect(same).toBeGreaterThan(forms);
    expect(forms).toBeGreaterThan(0.1);
    expect(measure('Which quartz watch broke?').score).toBe(0);
  });

  it('weighs a word by how rare it is in the collection, not in what was found', () => {
    const rare = measure('Does Vienna buy umbrellas?', TEXTS, { passages: 200, times: 1 }).score;
    const common = measure('Does Vienna buy umbrellas?', TEXTS, { passages: 200, times: 100 }).score;
    expect(rare).toBeGreaterThan(common);
  });

  it('comes from one passage, and is not added up over several', () => {
    const whole = measure('Do unused days expire on the night train to Vienna?').score;
    expect(whole).toBeLessThan(measure('Do unused days of leave expire?').score);
  });

  it('counts words of the title and of the headings', () => {
    const untitled = measure('When does the railways dining car open?', [{ ...RAIL, title: 'x' }]).score;
    expect(measure('When does the railways dining car open?', [RAIL]).score).toBeGreaterThan(untitled);
  });

  it('is enough in a collection of a single page, where every word is as common as another', () => {
    const single = measure('How long is the leave of an employee in a year?', [LEAVE], { passages: 1, times: 1 });
    expect(refuseUnanswerable(single, 'builtin')).toBe(false);
  });

  it('is nothing without evidence and without content words', () => {
    expect(measure('How many days?', []).score).toBe(0);
    expect(measure('Who is it?').words).toBe(0);
    expect(measure('?').score).toBe(0);
  });

  it('lies between 0 and 1 for any question, text and counts', () => {
    const text = fc.array(
      fc.constantFrom('leave', 'leaves', 'days', '28', '世界', 'Überlauf', ' ', '. ', '-', 'ab-12'),
    );
    fc.assert(
      fc.property(text, text, fc.nat(1000), fc.nat(2000), (question, page, passages, times) => {
        const pages = [{ title: 'T', text: `${page.join('')} end.` }];
        const { score } = measure(`What about ${question.join('')}`, pages, { passages, times });
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('knows question and evidence of different languages', () => {
    const german = 'Wie viele Tage Urlaub stehen den Beschäftigten im Jahr zu?';
    expect(measure(german, [LEAVE])).toMatchObject({ language: 'de', foreign: true });
    expect(measure('How many days of paid leave does an employee have?', [LEAVE]).foreign).toBe(false);
  });
});

describe('the refusal', () => {
  it('needs less to be asked of a model than of the built-in answerer', () => {
    expect(refuseUnanswerable(judged(0.2), 'builtin')).toBe(true);
    expect(refuseUnanswerable(judged(0.2), 'model')).toBe(false);
    expect(refuseUnanswerable(judged(0.05), 'model')).toBe(true);
    expect(refuseUnanswerable(judged(0.3), 'builtin')).toBe(false);
  });

  it('needs less in languages whose words change more', () => {
    for (const language of ['zh', 'ar', 'de', null]) {
      expect(refuseUnanswerable(judged(0.2, { language }), 'builtin')).toBe(false);
      expect(refuseUnanswerable(judged(0.1, { language }), 'builtin')).toBe(true);
    }
  });

  it('leaves short requests and documents in another language to the model', () => {
    expect(refuseUnanswerable(judged(0, { words: 2 }), 'model')).toBe(false);
    expect(refuseUnanswerable(judged(0, { foreign: true }), 'model')).toBe(false);
    expect(refuseUnanswerable(judged(0, { foreign: true }), 'builtin')).toBe(true);
  });
});

describe('an answer to an absent topic', () => {
  const ABSENT = { question: 'Which quartz watch does the admiral of Zanzibar wear?' };

  it('is refused before the model is asked', async () => {
    const model = createFakeChatModel('Gold [1.1].');
    const { answer } = await ask(makeAnswerParts(TEXTS, { answerer: createChatAnswerer({ model }) }), ABSENT);
    expect(answer).toMatchObject({ refused: true, refusalReason: 'not-in-documents', citations: [] });
    expect(model.requests).toHaveLength(0);
  });

  it('is refused by the built-in answerer in place of a model that failed', async () => {
    const error = new AppError('model_unavailable', 'The model provider cannot be reached.');
    const answerer = createChatAnswerer({ model: createFakeChatModel('x', { error }) });
    const { answer } = await ask(makeAnswerParts(TEXTS, { answerer }), {
      question: 'Is Vienna a garden?',
    });
    expect(answer).toMatchObject({ degraded: true, model: 'builtin:extractive-1' });
    const { answer: absent } = await ask(makeAnswerParts(TEXTS, { answerer }), { question: 'Quartz watches?' });
    expect(absent).toMatchObject({ refused: true, refusalReason: 'not-in-documents', degraded: true });
  });
});
