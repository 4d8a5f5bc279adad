import { describe, expect, it } from 'vitest';
import { type EvaluatedAnswer, evaluateAnswers, sampleQuestions } from '../../src/evaluation/evaluate-answers.js';
import type { GoldenQuestion } from '../../src/evaluation/golden-set.js';
import { parseXquadArticles } from '../../src/evaluation/xquad-set.js';

const REFUSAL: EvaluatedAnswer = { refused: true, quotes: [] };
const quote = (text: string, document = 'a') => ({ document, page: 1, text, verbatim: true });
const present = (id: string): GoldenQuestion => ({
  id,
  question: id,
  gold: [{ document: 'a', answer: '28 days' }],
});
const absent = (id: string): GoldenQuestion => ({ id, question: id, absent: true });

async function report(answers: Record<string, EvaluatedAnswer>, questions: GoldenQuestion[]) {
  let now = 0;
  const ask = async (question: string) => {
    now += 7;
    return answers[question] ?? REFUSAL;
  };
  return evaluateAnswers(questions, ask, { now: () => now });
}

describe('evaluateAnswers', () => {
  it('tells where gold stands, what was refused, and which quotes are true', async () => {
    const answers = {
      first: { refused: false, quotes: [quote('There are 28  DAYS of leave.')] },
      third: { refused: false, quotes: [quote('No.'), quote('28 days', 'b'), quote('28 days')] },
      fourth: {
        refused: false,
        quotes: [quote('1'), quote('2'), quote('3'), { ...quote('28 days'), verbatim: false }],
      },
      invented: { refused: false, quotes: [quote('Something.')] },
    };
    const questions = [
      ...['first', 'third', 'fourth', 'refused'].map(present),
      ...['invented', 'unknown', 'missing'].map(absent),
    ];
    expect(await report(answers, questions)).toEqual({
      present: 4,
      absent: 3,
      goldInFirst: 1,
      goldInFirstThree: 2,
      presentRefused: 1,
      absentRefused: 2,
      quotes: 9,
      verbatimQuotes: 8,
      latency: { p50: 7, p95: 7 },
    });
  });

  it('counts nothing in an empty set', async () => {
    expect(await report({}, [])).toMatchObject({ present: 0, absent: 0, quotes: 0, latency: { p50: 0, p95: 0 } });
  });
});

describe('sampleQuestions', () => {
  const questions = Array.from({ length: 10 }, (_, at) => absent(String(at)));
  const ids = (size: number) => sampleQuestions(questions, size).map(({ id }) => id);

  it('spreads the same questions evenly over the set', () => {
    expect(ids(4)).toEqual(['0', '2', '5', '7']);
    expect(ids(4)).toEqual(ids(4));
  });

  it('gives all when there are not more', () => {
    expect(ids(10)).toHaveLength(10);
    expect(ids(Number.POSITIVE_INFINITY)).toHaveLength(10);
  });
});

describe('parseXquadArticles', () => {
  const article = (title: string) => ({
    title,
    paragraphs: [
      { context: 'One.', qas: [{ id: `${title}-1`, question: 'one?', answers: [{ text: 'One' }] }] },
      { context: 'Two.', qas: [{ id: `${title}-2`, question: 'two?', answers: [{ text: 'Two' }, { text: '2' }] }] },
    ],
  });

  it('makes documents of the even articles and absent topics of the odd ones', () => {
    const set = parseXquadArticles(JSON.stringify({ data: ['Super_Bowl', 'Rhine', 'Oxygen'].map(article) }));
    expect(set.documents).toEqual([
      { key: 'article-1', title: 'Super Bowl', text: 'One.\n\nTwo.' },
      { key: 'article-3', title: 'Oxygen', text: 'One.\n\nTwo.' },
    ]);
    expect(set.questions).toHaveLength(6);
    expect(set.questions[1]).toEqual({
      id: 'Super_Bowl-2',
      question: 'two?',
      gold: [
        { document: 'article-1', answer: 'Two' },
        { document: 'article-1', answer: '2' },
      ],
    });
    expect(set.questions[2]).toEqual({ id: 'Rhine-1', question: 'one?', absent: true });
  });

  it('refuses what is not such a set', () => {
    expect(() => parseXquadArticles('[]')).toThrow(/shape of SQuAD/);
  });
});
