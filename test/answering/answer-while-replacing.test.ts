import { describe, expect, it } from 'vitest';
import type { Passage } from '../../src/domain/passage.js';
import { ask, makeAnswerParts, makePassage } from '../support/answer-parts.js';

const page = (text: string) => ({ title: 'Harbour rules', text });
const QUESTION = 'How many crates does the harbour store?';
const timings = { lexicalMs: 0, vectorMs: 0, totalMs: 0 };

describe('an answer about a document that is replaced meanwhile', () => {
  it('looks for its evidence again when that was overtaken before it could be read', async () => {
    const newPage = page('The harbour stores 1002 crates.');
    const found: Passage[][] = [
      [{ ...makePassage(page('The harbour stores 1001 crates.')), documentId: 'doc_gone' }],
      [makePassage(newPage)],
    ];
    let searches = 0;
    const parts = makeAnswerParts([newPage], {
      search: async () => {
        searches += 1;
        return { passages: found[Math.min(searches, found.length) - 1] ?? [], timings };
      },
    });
    const { answer } = await ask(parts, { question: QUESTION });
    expect(searches).toBe(2);
    expect(answer).toMatchObject({ refused: false, grounded: true });
    expect(answer.citations.map(({ quote }) => quote)).toEqual(['The harbour stores 1002 crates.']);
  });

  it('does not look for ever', async () => {
    let searches = 0;
    const parts = makeAnswerParts([page('The harbour stores 1001 crates.')], {
      search: async () => {
        searches += 1;
        const passage = makePassage(page('The harbour stores 1001 crates.'));
        return { passages: [{ ...passage, documentId: 'doc_gone' }], timings };
      },
    });
    const { answer } = await ask(parts, { question: QUESTION });
    expect(searches).toBe(3);
    expect(answer.citations).toEqual([]);
  });
});
