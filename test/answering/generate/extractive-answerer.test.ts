import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanSentence } from '../../../src/answering/generate/clean-sentence.js';
import { classifyQuestion } from '../../../src/answering/generate/question-type.js';
import { ask, makeAnswerParts } from '../../support/answer-parts.js';

const PAGES = [
  {
    title: 'Handbook',
    text: '# Working hours\n\nThe office opens at 8:00 and closes at 18:00. **Core hours** are from 10:00 to 15:00 [see 4].\n\n# Leave\n\nEvery employee has 28 days of paid leave a year. Leave is approved by the team lead, Maria Lopez.\n\n- Unused days expire on 31 March.\n- Sick leave needs a certificate after three days [12].',
  },
  {
    title: 'Security',
    text: 'Passwords have at least 14 characters. Lost laptops are reported to security@example.com within one hour.',
    page: 3,
  },
];

const answerTo = async (question: string) => (await ask(makeAnswerParts(PAGES), { question })).answer;

describe('the built-in answerer', () => {
  it.each([
    ['How many days of paid leave does an employee have?', '28 days of paid leave'],
    ['Who approves leave?', 'Maria Lopez'],
    ['When do unused days expire?', '31 March'],
    ['How long must passwords be?', '14 characters'],
    ['What are the core hours?', '10:00 to 15:00'],
    ['When does the office open?', '8:00'],
  ])('%s', async (question, expected) => {
    const answer = await answerTo(question);
    const first = answer.sentences[0];
    expect(answer.text).toContain(expected);
    expect(answer).toMatchObject({ grounded: true, refused: false, degraded: false, model: 'builtin:extractive-1' });
    expect(answer.sentences.every(({ support, citations }) => support === 'supported' && citations.length === 1)).toBe(
      true,
    );
    expect(first).toBeDefined();
    expect(answer.sentences.length).toBeLessThanOrEqual(3);
  });

  it('shows prose and cites the stored text as it is', async () => {
    const { text, citations } = await answerTo('What are the core hours?');
    expect(text).toContain('Core hours are from 10:00 to 15:00');
    expect(text).not.toContain('**');
    expect(citations[0]?.quote).toContain('**Core hours**');
  });

  it('refuses what is not there, says what was searched, and names no sentence of it', async () => {
    const answer = await answerTo('What is the capital of Mongolia and its population?');
    expect(answer).toMatchObject({ refused: true, refusalReason: 'not-in-documents', grounded: false, citations: [] });
    expect(answer.text).toContain('do not answer this question');
    expect(answer.text).toContain('Handbook');
    const german = await answerTo('Wie hoch ist die Miete der Wohnungen in Berlin und warum steigt sie?');
    expect(german.text).toContain('beantworten diese Frage nicht');
  });

  it('gives true quotes for any text and question', async () => {
    const piece = fc.constantFrom(
      'leave',
      'days ',
      '28',
      '. ',
      '\n\n',
      '[1]',
      '[1.1]',
      '](',
      'https://a.b/c ',
      '| a | b |\n',
      '<b>',
      '**',
      'Maria ',
      '世界。',
      '😀',
      '-',
      'not ',
      '# ',
    );
    const texts = fc.array(piece, { minLength: 1, maxLength: 40 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 3 }), texts, async (pages, question) => {
        const parts = makeAnswerParts(pages.map((text, index) => ({ title: `Page ${index}`, text })));
        const { answer } = await ask(parts, { question: `What about ${question}` });
        expect(answer.status).toBe('completed');
      }),
      { numRuns: 300 },
    );
  });
});

describe('the question type', () => {
  it.each([
    ['Who signed it?', 'who'],
    ['In what year was it built?', 'when'],
    ['How many people live there?', 'number'],
    ['Where is the office?', 'where'],
    ['Why was it closed?', 'why'],
    ['What is a widget?', 'definition'],
    ['Wie viele Tage Urlaub gibt es?', 'number'],
    ['Tell me more.', 'other'],
  ])('of "%s" is %s', (question, type) => {
    expect(classifyQuestion(question)).toBe(type);
  });
});

describe('a cleaned sentence', () => {
  it.each([
    ['## Title', 'Title'],
    ['- **Bold** item with `code`', 'Bold item with code'],
    ['| a | b |', 'a, b'],
    ['See [the guide](https://x.example) and ![a picture](y.png) [3].', 'See the guide and a picture .'],
    ['Kept 1. as 2 * 3 * 4 = 24', 'Kept 1. as 2 * 3 * 4 = 24'],
    ['1. First item', 'First item'],
    ['<!-- hidden --> Shown', 'Shown'],
  ])('%s', (stored, shown) => {
    expect(cleanSentence(stored)).toBe(shown);
  });
});
