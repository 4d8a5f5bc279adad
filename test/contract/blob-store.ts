import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BlobStore } from '../../src/domain/ports/blob-store.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);

async function collect(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** What every blob store must do. `makeSubject` gives an empty store each time. */
export function describeBlobStoreContract(name: string, makeSubject: () => Promise<BlobStore>): void {
  describe(`${name} as a blob store`, () => {
    let blobs: BlobStore;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'footnote-blob-contract-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));
    beforeEach(async () => {
      blobs = await makeSubject();
    });

    it('gives back the bytes', async () => {
      await blobs.putBytes('doc_a/1/original', bytesOf('hello'));
      expect(Buffer.from(await blobs.read('doc_a/1/original')).toString()).toBe('hello');
      expect(await blobs.size('doc_a/1/original')).toBe(5);
    });

    it('moves a file in', async () => {
      const path = join(folder, 'upload');
      await writeFile(path, 'from a file');
      await blobs.putFile('doc_a/1', path);
      expect(Buffer.from(await blobs.read('doc_a/1')).toString()).toBe('from a file');
      expect(existsSync(path)).toBe(false);
    });

    it('keeps an empty blob', async () => {
      await blobs.putBytes('empty', new Uint8Array());
      expect(await blobs.size('empty')).toBe(0);
      expect(await collect(await blobs.open('empty'))).toBe('');
    });

    it('replaces a blob under the same key', async () => {
      await blobs.putBytes('a', bytesOf('first'));
      await blobs.putBytes('a', bytesOf('2nd'));
      expect(await collect(await blobs.open('a'))).toBe('2nd');
      expect(await blobs.list()).toEqual(['a']);
    });

    it('streams the whole or a part, ends included', async () => {
      await blobs.putBytes('a', bytesOf('0123456789'));
      expect(await collect(await blobs.open('a'))).toBe('0123456789');
      expect(await collect(await blobs.open('a', { start: 2, end: 4 }))).toBe('234');
      expect(await collect(await blobs.open('a', { start: 9, end: 99 }))).toBe('9');
    });

    it('says not_found for what is not there', async () => {
      await expect(blobs.read('none')).rejects.toMatchObject({ code: 'not_found' });
      await expect(blobs.open('none')).rejects.toMatchObject({ code: 'not_found' });
      expect(await blobs.size('none')).toBeNull();
      expect(await blobs.remove('none')).toBe(false);
      expect(await blobs.list()).toEqual([]);
    });

    it('removes once', async () => {
      await blobs.putBytes('a', bytesOf('x'));
      expect(await blobs.remove('a')).toBe(true);
      expect(await blobs.remove('a')).toBe(false);
      await expect(blobs.read('a')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('takes a key that is the beginning of another', async () => {
      await blobs.putBytes('doc_a', bytesOf('outer'));
      await blobs.putBytes('doc_a/1', bytesOf('inner'));
      expect(await blobs.list()).toEqual(['doc_a', 'doc_a/1']);
      expect(Buffer.from(await blobs.read('doc_a')).toString()).toBe('outer');
    });

    it.each(['', '/', '../a', 'a/../b', 'a//b', '/etc/passwd', 'a/', 'A', 'ä', 'a b', 'a\0', 'a%b', 'a\\b', '..'])(
      'refuses the key %j',
      async (key) => {
        await expect(blobs.putBytes(key, bytesOf('x'))).rejects.toMatchObject({ code: 'internal_error' });
        expect(await blobs.list()).toEqual([]);
      },
    );

    it('lists exactly the keys that were put', async () => {
      const part = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
      const keys = fc.uniqueArray(
        fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
        {
          maxLength: 8,
        },
      );
      await fc.assert(
        fc.asyncProperty(keys, async (names) => {
          const fresh = await makeSubject();
          await Promise.all(names.map((key) => fresh.putBytes(key, bytesOf(key))));
          expect(await fresh.list()).toEqual([...names].sort());
          for (const key of names) expect(Buffer.from(await fresh.read(key)).toString()).toBe(key);
        }),
        { numRuns: 20 },
      );
    });
  });
}
