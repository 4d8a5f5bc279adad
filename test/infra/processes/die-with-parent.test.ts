import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSupervised } from '../../../src/infra/processes/die-with-parent.js';
import { type NodeProgram, runNodeProgram, until, untilGone } from '../../support/node-programs.js';

const source = (path: string) => JSON.stringify(new URL(`../../../src/infra/processes/${path}`, import.meta.url).href);
const TSX = JSON.stringify(import.meta.resolve('tsx'));

describe('a child whose parent is killed', () => {
  let folder: string;
  let parent: NodeProgram | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'footnote-parent-'));
  });
  afterEach(async () => {
    await parent?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts a parent that supervises a child made of `childSource`; gives the child's pid once it wrote a line. */
  async function startFamily(childSource: string): Promise<number> {
    const file = join(folder, 'child.mts');
    await writeFile(file, childSource);
    parent = runNodeProgram(`
      import { superviseChild } from ${source('supervised-child.ts')};
      const child = superviseChild({
        name: 'child',
        command: () => ({ file: ${JSON.stringify(file)}, execArgv: ['--import', ${TSX}], args: [], env: {} }),
        onLine: (line) => console.log(line === 'up' ? child.pid() : line),
      });`);
    return Number(await parent.nextLine());
  }

  it('shuts down in order and exits', async () => {
    const witness = join(folder, 'witness');
    const pid = await startFamily(`
      import { writeFileSync } from 'node:fs';
      import { exitWithParent, isSupervised } from ${source('die-with-parent.ts')};
      if (isSupervised()) exitWithParent({ shutdown: async () => writeFileSync(${JSON.stringify(witness)}, 'done'), graceMs: 5000 });
      setInterval(() => {}, 1000);
      console.log('up');`);
    await parent?.kill();
    await untilGone(pid);
    await until(async () => (await import('node:fs')).existsSync(witness), 100);
  });

  it('exits although its shutdown hangs', async () => {
    const pid = await startFamily(`
      import { exitWithParent } from ${source('die-with-parent.ts')};
      exitWithParent({ shutdown: () => new Promise(() => {}), graceMs: 200 });
      setInterval(() => {}, 1000);
      console.log('up');`);
    await parent?.kill();
    await untilGone(pid);
  });

  it('is killed although its main thread is blocked for ever', async () => {
    const pid = await startFamily(`
      import { killSelfWithParent } from ${source('die-with-parent.ts')};
      import { writeSync } from 'node:fs';
      await killSelfWithParent();
      writeSync(1, 'up\\n');
      for (;;);`);
    await parent?.kill();
    expect(await untilGone(pid)).toBeLessThan(2000);
  });

  it('knows from its arguments that it has a supervisor', () => {
    expect(isSupervised(['node', 'worker.js', '--supervised'])).toBe(true);
    expect(isSupervised(['node', 'worker.js'])).toBe(false);
  });
});
