import { describe, expect, it } from 'vitest';
import { evaluateRetrieval, matchResults } from '../../src/evaluation/evaluate-retrieval.js';
import { parseGoldenSet } from '../../src/evaluation/golden-set.js';
import { parseXquadSet } from '../../src/evaluation/xquad-set.js';

const result = (document: string, page: number | null = null, text = '') => ({ document, page, text });

describe('evaluateRetrieval', () => {
  it('averages over the questions that have gold and times the searches', async () => {
    const questions = parseGoldenSet(
      [
        '{"id":"1","question":"first?","gold":[{"document":"a"}]}',
        '',
        '{"id":"2","question":"second?","gold":[{"document":"b"}]}',
        '{"id":"3","question":"nowhere?","absent":true}',
      ].join('\n'),
    );
    let now = 0;
    const report = await evaluateRetrieval(
      questions,
      async () => {
        now += 5;
        return [result('a'), result('b')];
      },
      { now: () => now },
    );
    expect(report).toMatchObject({ questions: 2, latency: { p50: 5, p95: 5 } });
    expect(report.metrics).toMatchObject({ hitAt1: 0.5, hitAt5: 1, mrr: 0.75, recallAt10: 1 });
  });

  it('gives zeros for an empty set', async () => {
    const report = await evaluateRetrieval([], async () => [], { now: () => 0 });
    expect(report.questions).toBe(0);
    expect(Object.values(report.metrics).every((value) => value === 0)).toBe(true);
  });
});

describe('matchResults', () => {
  it('asks for document, page and answer when the gold names them', () => {
    const results = [result('a', 1, 'It costs  30\nEURO.'), result('a', 2, 'It costs 30 euro.'), result('b', 2)];
    expect(matchResults(results, [{ document: 'a' }])).toEqual([[0], [0], []]);
    expect(
      matchResults(results, [
        { document: 'a', page: 2 },
        { document: 'b', page: 2 },
      ]),
    ).toEqual([[], [0], [1]]);
    expect(matchResults(results, [{ document: 'a', answer: '30 Euro' }])).toEqual([[0], [0], []]);
  });
});

describe('parseGoldenSet', () => {
  it.each([
    'nonsense',
    '{"id":"1","question":"q"}',
    '{"id":"1","question":"q","gold":[]}',
    '{"id":"1","question":"q","absent":false}',
  ])('names the line of %j', (line) => {
    const good = '{"id":"1","question":"q","absent":true}';
    expect(() => parseGoldenSet(`${good}\n${line}`)).toThrowError(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('Line 2') }),
    );
  });
});

describe('parseXquadSet', () => {
  it('makes a document of every paragraph', () => {
    const paragraphs = [
      { context: 'First text.', qas: [{ id: 'q1', question: 'One?' }] },
      { context: 'Second text.', qas: [] },
    ];
    expect(parseXquadSet(JSON.stringify({ data: [{ title: 'Super_Bowl', paragraphs }] }))).toEqual({
      documents: [
        { key: 'paragraph-1', title: 'Super Bowl', text: 'First text.' },
        { key: 'paragraph-2', title: 'Super Bowl', text: 'Second text.' },
      ],
      questions: [{ id: 'q1', question: 'One?', gold: [{ document: 'paragraph-1' }] }],
    });
    expect(() => parseXquadSet('{}')).toThrowError(expect.objectContaining({ code: 'invalid_request' }));
  });
});
