import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataDirectoryLock, lockDataDirectory } from '../../../src/infra/processes/data-directory-lock.js';
import { type NodeProgram, runNodeProgram } from '../../support/node-programs.js';

const SOURCE = new URL('../../../src/infra/processes/data-directory-lock.ts', import.meta.url).href;

describe('the lock of a data directory', () => {
  let directory: string;
  let other: NodeProgram | undefined;
  let lock: DataDirectoryLock | undefined;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'footnote-lock-')), 'data');
  });
  afterEach(async () => {
    await lock?.release();
    await other?.kill();
    await rm(join(directory, '..'), { recursive: true, force: true });
  });

  async function lockInOtherProcess(): Promise<NodeProgram> {
    other = runNodeProgram(`
      import { lockDataDirectory } from ${JSON.stringify(SOURCE)};
      globalThis.lock = await lockDataDirectory(${JSON.stringify(directory)});
      console.log('locked');
      setInterval(() => globalThis.gc?.(), 1000);`);
    expect(await other.nextLine()).toBe('locked');
    return other;
  }

  it('makes the directory and can be taken again after its release', async () => {
    lock = await lockDataDirectory(directory);
    expect(JSON.parse(await readFile(join(directory, 'lock.json'), 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
    await lock.release();
    expect(existsSync(join(directory, 'lock.json'))).toBe(false);
    lock = await lockDataDirectory(directory);
  });

  it('refuses a second process and names the first', async () => {
    const first = await lockInOtherProcess();
    await expect(lockDataDirectory(directory)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(
        new RegExp(`^Another Footnote \\(pid ${first.pid}, started 20.*\\) is using this DATA_DIR\\.`),
      ),
    });
  });

  it('refuses a second holder in the same process', async () => {
    lock = await lockDataDirectory(directory);
    await expect(lockDataDirectory(directory)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is free as soon as its holder was killed', async () => {
    const first = await lockInOtherProcess();
    await first.kill();
    lock = await lockDataDirectory(directory);
    expect(JSON.parse(await readFile(join(directory, 'lock.json'), 'utf8'))).toMatchObject({ pid: process.pid });
  });

  it('refuses without a name when the note beside the lock is broken', async () => {
    await lockInOtherProcess();
    await writeFile(join(directory, 'lock.json'), '{"pid":');
    await expect(lockDataDirectory(directory)).rejects.toThrow(/^Another Footnote is using this DATA_DIR/);
  });

  it('says so when the directory cannot be used at all', async () => {
    await writeFile(directory, 'a file');
    await expect(lockDataDirectory(directory)).rejects.toMatchObject({ code: 'configuration_invalid' });
    await expect(lockDataDirectory(directory)).rejects.not.toThrow(directory);
  });

  it('says so when the lock file is something else', async () => {
    await (await lockDataDirectory(directory)).release();
    await writeFile(join(directory, 'lock.sqlite'), 'this is not a database, it is a text of some length '.repeat(40));
    await expect(lockDataDirectory(directory)).rejects.toMatchObject({ code: 'configuration_invalid' });
  });
});
