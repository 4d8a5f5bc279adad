import { describe, expect, it } from 'vitest';
import { passageId } from '../../src/domain/ids.js';
import { createWeighTerms } from '../../src/retrieval/weigh-terms.js';
import { createFakeLexicalIndex } from '../fakes/fake-lexical-index.js';
import { createFakeLibrary } from '../fakes/fake-library.js';

const PRINCIPAL = { tenantId: 'default', keyId: 'local' };

async function makeWorld() {
  const { collections } = createFakeLibrary();
  const lexical = createFakeLexicalIndex();
  const add = async (name: string, texts: string[]) => {
    const { id } = await collections.create('default', { name, description: '', settings: {} });
    const passages = texts.map((text, ordinal) => ({
      passageId: passageId(`doc_${name}`, 1, ordinal),
      terms: [...new Set(text.split(' '))].map((term) => ({ term, weight: 1 })),
      length: 1,
    }));
    await lexical.index(id, passages);
    return id;
  };
  return { add, weigh: createWeighTerms({ collections, lexical }) };
}

describe('weighTerms', () => {
  it('adds up passages and counts over all collections, each once', async () => {
    const { add, weigh } = await makeWorld();
    const id = await add('hr', ['leave days', 'leave']);
    await add('it', ['leave laptop', 'laptop', 'days']);
    const { passages, frequencies } = await weigh(PRINCIPAL, {
      collections: ['hr', 'it', id],
      terms: ['leave', 'laptop', 'quartz'],
    });
    expect(passages).toBe(5);
    expect(Object.fromEntries(frequencies)).toEqual({ leave: 3, laptop: 2, quartz: 0 });
  });

  it('knows no collection of another tenant', async () => {
    const { add, weigh } = await makeWorld();
    await add('hr', ['leave']);
    const asked = weigh({ ...PRINCIPAL, tenantId: 'other' }, { collections: ['hr'], terms: ['leave'] });
    await expect(asked).rejects.toMatchObject({ code: 'not_found' });
  });
});
