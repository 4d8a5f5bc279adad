import { describe, expect, it } from 'vitest';
import { describeBlobStoreContract } from '../contract/blob-store.js';
import { createFakeBlobStore } from './fake-blob-store.js';

describeBlobStoreContract('the fake', async () => createFakeBlobStore());

describe('the fake blob store', () => {
  it('refuses to store while it is full, and still reads', async () => {
    const blobs = createFakeBlobStore();
    await blobs.putBytes('doc_a/1', Uint8Array.of(1));
    blobs.setFull(true);
    await expect(blobs.putBytes('doc_b/1', Uint8Array.of(1))).rejects.toMatchObject({ code: 'storage_full' });
    expect(await blobs.read('doc_a/1')).toEqual(Uint8Array.of(1));
  });
});
