import { describe, expect, it } from 'vitest';
import { describeVectorIndexContract } from '../contract/vector-index.js';
import { createFakeVectorIndex } from './fake-vector-index.js';

describeVectorIndexContract('the fake', async () => createFakeVectorIndex());

describe('the fake vector index', () => {
  it('fails every call while it is down', async () => {
    const index = createFakeVectorIndex();
    index.setDown(true);
    await expect(index.probe()).rejects.toMatchObject({ code: 'search_unavailable' });
    await expect(index.upsert('col_a', [])).rejects.toMatchObject({ code: 'search_unavailable' });
    index.setDown(false);
    await expect(index.probe()).resolves.toBeUndefined();
  });
});
