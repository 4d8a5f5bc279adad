import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDiskBlobStore, type DiskBlobStore } from '../../../../src/infra/stores/blobs/disk-blob-store.js';
import { describeBlobStoreContract } from '../../../contract/blob-store.js';

const run = promisify(execFile);
let base: string;
let count = 0;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'footnote-blobs-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

function nextRoot(): string {
  count += 1;
  return join(base, `deep/er/${count}`);
}

describeBlobStoreContract('the disk', async () => createDiskBlobStore(nextRoot()));

/** True when a path lies on another device than the temporary folder, which makes rename fail with EXDEV. */
async function isOtherDevice(path: string): Promise<boolean> {
  const [here, there] = await Promise.all([stat(tmpdir()), stat(path).catch(() => null)]);
  return there !== null && here.dev !== there.dev;
}

describe('the disk blob store', () => {
  let root: string;
  let blobs: DiskBlobStore;

  beforeEach(() => {
    root = nextRoot();
    blobs = createDiskBlobStore(root);
  });

  it('spreads blobs over two levels of folders and leaves nothing behind in its own', async () => {
    await blobs.putBytes('doc_a/1', Uint8Array.of(1));
    const files = await readdir(root, { recursive: true });
    expect(files.find((name) => /^[0-9a-f]{2}\/[0-9a-f]{2}\/doc_a%1$/.test(name))).toBeDefined();
    expect(await readdir(join(root, '.incoming'))).toEqual([]);
  });

  it('finds blobs again after a restart', async () => {
    await blobs.putBytes('doc_a/1', Uint8Array.of(7));
    expect(await createDiskBlobStore(root).read('doc_a/1')).toEqual(Buffer.of(7));
  });

  it('refuses a key that is too long for a file name', async () => {
    await expect(blobs.putBytes('a'.repeat(201), Uint8Array.of(1))).rejects.toMatchObject({ code: 'internal_error' });
  });

  it('says storage_full and cleans up when the disk is full', async (context) => {
    const small = await mkdtemp(join(base, 'small-'));
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]).catch(() => null);
    if (mounted === null) return context.skip('mounting a small disk is not allowed here');
    try {
      const onSmall = createDiskBlobStore(small);
      await onSmall.putBytes('fits', Buffer.alloc(1000));
      const big = Buffer.alloc(2 * 1024 * 1024);
      await expect(onSmall.putBytes('big', big)).rejects.toMatchObject({ code: 'storage_full' });
      expect(await readdir(join(small, '.incoming'))).toEqual([]);
      const path = join(base, 'big');
      await writeFile(path, big);
      await expect(onSmall.putFile('big', path)).rejects.toMatchObject({ code: 'storage_full' });
      expect(existsSync(path)).toBe(true);
      expect(await onSmall.list()).toEqual(['fits']);
    } finally {
      await run('umount', [small]);
    }
  });

  it('copies a file from another device and removes it there', async (context) => {
    if (!(await isOtherDevice('/dev/shm'))) return context.skip('there is no second device here');
    const folder = await mkdtemp('/dev/shm/footnote-move-');
    try {
      const path = join(folder, 'upload');
      await writeFile(path, 'from afar');
      await blobs.putFile('doc_a/1', path);
      expect(Buffer.from(await blobs.read('doc_a/1')).toString()).toBe('from afar');
      expect(existsSync(path)).toBe(false);
      expect(await readdir(join(root, '.incoming'))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('leaves the given file in place when it cannot be stored', async () => {
    await mkdir(root, { recursive: true });
    const path = join(base, 'kept');
    await writeFile(path, 'precious');
    const blocked = createDiskBlobStore(path);
    await expect(blocked.putFile('doc_a/1', path)).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(existsSync(path)).toBe(true);
  });

  it('says storage_unavailable when a folder cannot be read', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may read everything');
    await blobs.putBytes('a', Uint8Array.of(1));
    await chmod(root, 0);
    await expect(blobs.read('a')).rejects.toMatchObject({ code: 'storage_unavailable' });
    await chmod(root, 0o700);
  });

  it('removes half-written files of a killed process, but not fresh ones', async () => {
    await blobs.putBytes('a', Uint8Array.of(1));
    const old = join(root, '.incoming', 'old');
    await writeFile(old, 'half');
    await utimes(old, new Date(0), new Date(0));
    await writeFile(join(root, '.incoming', 'fresh'), 'half');
    expect(await blobs.removeLeftovers()).toBe(1);
    expect(await readdir(join(root, '.incoming'))).toEqual(['fresh']);
    expect(await blobs.list()).toEqual(['a']);
  });
});
