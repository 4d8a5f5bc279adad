import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isAlive } from '../../../src/infra/processes/process-table.js';
import {
  type ChildExit,
  type ChildStateEvent,
  type SupervisedChild,
  type SupervisedChildOptions,
  superviseChild,
} from '../../../src/infra/processes/supervised-child.js';
import { until, untilGone } from '../../support/node-programs.js';

const BACK_OFF = { initialMs: 20, maximumMs: 100, stableAfterMs: 60_000 };

describe('a supervised child', () => {
  let folder: string;
  let child: SupervisedChild | undefined;
  let states: ChildStateEvent[];
  let exits: ChildExit[];
  let lines: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'footnote-child-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  afterEach(() => child?.stop(1000));

  async function supervise(source: string, extra: Partial<SupervisedChildOptions> = {}): Promise<SupervisedChild> {
    const file = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
    await writeFile(file, source);
    states = [];
    exits = [];
    lines = [];
    child = superviseChild({
      name: 'program',
      command: () => ({ file, execArgv: [], args: ['one', 'two'], env: { GREETING: 'hello' } }),
      onState: (event) => states.push(event),
      onExit: (exit) => void exits.push(exit),
      onLine: (line) => lines.push(line),
      backOff: BACK_OFF,
      ...extra,
    });
    return child;
  }

  const STAYS = "console.log('up'); setInterval(() => {}, 1000);";

  it('gets its arguments, its environment and nothing of ours, and its lines are forwarded', async () => {
    await supervise(`
      console.log(process.argv.slice(2).join(' '));
      console.error(JSON.stringify(process.env));
      setInterval(() => {}, 1000);`);
    await until(() => lines.length === 2, 5000);
    expect([...lines].sort()).toEqual(['one two --supervised', '{"GREETING":"hello"}'].sort());
  });

  it('is started again after it died, with a growing wait', async () => {
    await supervise('process.exit(3)');
    await until(() => exits.length >= 4, 10_000);
    expect(exits[0]).toMatchObject({ code: 3, signal: null, confirmed: true, reason: null });
    const waits = states.filter((event) => event.state === 'restarting').map((event) => event.detail);
    expect(waits.slice(0, 4)).toEqual(['in 20 ms', 'in 40 ms', 'in 80 ms', 'in 100 ms'].slice(0, waits.length));
    expect(states.slice(0, 3).map((event) => event.state)).toEqual(['started', 'exited', 'restarting']);
  });

  it('waits the shortest time again after a stable run', async () => {
    await supervise('setTimeout(() => process.exit(1), 200)', { backOff: { ...BACK_OFF, stableAfterMs: 100 } });
    await until(() => exits.length >= 3, 10_000);
    const waits = states.filter((event) => event.state === 'restarting').map((event) => event.detail);
    expect(new Set(waits)).toEqual(new Set(['in 20 ms']));
  });

  it('is started again after kill -9', async () => {
    const supervised = await supervise(STAYS);
    await until(() => lines.length === 1, 5000);
    const first = supervised.pid() as number;
    process.kill(first, 'SIGKILL');
    await until(() => lines.length === 2, 5000);
    expect(exits[0]).toMatchObject({ pid: first, signal: 'SIGKILL', reason: null });
    expect(supervised.pid()).not.toBe(first);
  });

  it('ends on SIGTERM and stays ended', async () => {
    const supervised = await supervise(`${STAYS} process.on('SIGTERM', () => process.exit(0));`);
    await until(() => lines.length === 1, 5000);
    const pid = supervised.pid() as number;
    await supervised.stop(5000);
    expect(isAlive(pid)).toBe(false);
    expect(supervised.pid()).toBeNull();
    expect(exits).toMatchObject([{ code: 0, reason: 'stopped' }]);
    expect(states.at(-1)).toEqual({ name: 'program', state: 'stopped', pid: null });
    await delay(100);
    expect(exits).toHaveLength(1);
    await supervised.stop(5000);
  });

  it('is killed with its own children when SIGTERM does not end it in time', async () => {
    const supervised = await supervise(`
      import { spawn } from 'node:child_process';
      process.on('SIGTERM', () => {});
      const own = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      console.log(own.pid);
      setInterval(() => {}, 1000);`);
    await until(() => lines.length === 1, 5000);
    const startedAt = performance.now();
    await supervised.stop(300);
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(exits[0]?.signal).toBe('SIGKILL');
    await untilGone(Number(lines[0]));
  });

  it('stops at once while it waits for the next start', async () => {
    const supervised = await supervise('process.exit(1)', {
      backOff: { initialMs: 60_000, maximumMs: 60_000, stableAfterMs: 60_000 },
    });
    await until(() => states.some((event) => event.state === 'restarting'), 5000);
    const startedAt = performance.now();
    await supervised.stop(5000);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('is ended and started again when it is not confirmed', async () => {
    let asked = 0;
    await supervise(STAYS, {
      async confirm() {
        asked += 1;
        if (asked === 1) throw new Error('not this one');
      },
    });
    await until(() => asked === 2, 5000);
    expect(exits).toMatchObject([{ signal: 'SIGKILL', confirmed: false, reason: 'not this one' }]);
    await delay(200);
    expect(exits).toHaveLength(1);
  });

  it('tells a confirmation that the child died meanwhile', async () => {
    let aborted = false;
    await supervise('setTimeout(() => process.exit(4), 100)', {
      confirm: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('over'));
          });
        }),
    });
    await until(() => exits.length > 0, 5000);
    expect(aborted).toBe(true);
    expect(exits[0]).toMatchObject({ code: 4, confirmed: false, reason: null });
  });

  it('survives a command that cannot be made and a program that does not exist', async () => {
    let asked = 0;
    await supervise(STAYS, {
      command: () => {
        asked += 1;
        if (asked === 1) throw new Error('no command');
        return { file: join(folder, 'missing.mjs'), execArgv: [], args: [], env: {} };
      },
    });
    await until(() => exits.length >= 2, 5000);
    expect(exits[0]).toMatchObject({ pid: null, reason: 'no command' });
    expect(exits[1]).toMatchObject({ code: 1, reason: null });
  });

  it('is replaced on demand', async () => {
    const supervised = await supervise(STAYS);
    await until(() => lines.length === 1, 5000);
    await supervised.restart('tired', 1000);
    await until(() => lines.length === 2, 5000);
    expect(exits).toMatchObject([{ signal: 'SIGTERM', reason: 'tired' }]);
  });
});
