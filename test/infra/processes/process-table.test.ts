import { afterEach, describe, expect, it } from 'vitest';
import { commandLine, endOrphan, isAlive } from '../../../src/infra/processes/process-table.js';
import { type NodeProgram, runNodeProgram, untilGone } from '../../support/node-programs.js';

describe('the process table', () => {
  let program: NodeProgram | undefined;
  afterEach(() => program?.kill());

  it('ends a left-over of ours, and only when all marks fit', async () => {
    program = runNodeProgram("console.log('mark-one mark-two'); setInterval(() => {}, 1000);");
    await program.nextLine();
    expect(await commandLine(program.pid)).toContain('mark-one mark-two');
    expect(await endOrphan(program.pid, ['mark-one', 'mark-three'])).toBe(false);
    expect(isAlive(program.pid)).toBe(true);
    expect(await endOrphan(program.pid, ['mark-one', 'mark-two'])).toBe(true);
    await untilGone(program.pid);
  });

  it('leaves alone what is not there', async () => {
    program = runNodeProgram("console.log('x')");
    await program.nextLine();
    await program.kill();
    await untilGone(program.pid);
    expect(isAlive(program.pid)).toBe(false);
    expect(await commandLine(program.pid)).toBeNull();
    expect(await endOrphan(program.pid, [])).toBe(false);
  });
});
