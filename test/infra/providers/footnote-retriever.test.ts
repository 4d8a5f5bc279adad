import { describe, expect, it } from 'vitest';
import type { SearchRequest } from '../../../src/domain/passage.js';
import type { Principal } from '../../../src/domain/principal.js';
import { createFootnoteRetriever } from '../../../src/infra/providers/footnote-retriever.js';

const principal: Principal = { tenantId: 'default', keyId: 'local' };
const passage = {
  id: 'psg_1',
  documentId: 'doc_1',
  documentTitle: 'Handbook',
  collection: 'default',
  version: 2,
  page: 7,
  pageLabel: 'vii',
  heading: ['Leave', 'Days'],
  text: 'You have 30 days.',
  start: 10,
  end: 27,
  score: 0.9,
};

describe('createFootnoteRetriever', () => {
  it('searches as its principal and gives LangChain documents with flat metadata', async () => {
    const asked: { principal: Principal; request: SearchRequest }[] = [];
    const retriever = createFootnoteRetriever(
      async (who, request) => {
        asked.push({ principal: who, request });
        return { passages: [passage], timings: { lexicalMs: 0, vectorMs: 0, totalMs: 0 } };
      },
      principal,
      { collections: ['hr'], topK: 3 },
    );
    const documents = await retriever.invoke('how many days?');
    expect(asked).toEqual([
      {
        principal,
        request: { query: 'how many days?', collections: ['hr'], topK: 3, mode: 'hybrid', explain: false },
      },
    ]);
    expect(documents).toHaveLength(1);
    expect(documents[0]).toMatchObject({
      id: 'psg_1',
      pageContent: 'You have 30 days.',
      metadata: { documentId: 'doc_1', title: 'Handbook', page: 7, heading: 'Leave > Days', start: 10, end: 27 },
    });
    for (const value of Object.values(documents[0]?.metadata ?? {})) expect(typeof value).not.toBe('object');
  });

  it('works in a LangChain chain and passes errors on', async () => {
    const retriever = createFootnoteRetriever(async () => {
      throw new Error('down');
    }, principal);
    await expect(retriever.pipe((found) => found.length).invoke('x')).rejects.toThrow('down');
  });
});
