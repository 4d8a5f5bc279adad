import { describe, expect, it } from 'vitest';
import type { ChildExit } from '../../../../src/infra/processes/supervised-child.js';
import { NEVER_READY, NO_SERVER_EXIT_CODE, suspectsDamage } from '../../../../src/infra/stores/chroma/chroma-exit.js';

const exit: ChildExit = { pid: 7, code: null, signal: null, uptimeMs: 900, confirmed: false, reason: null };

describe('the end of a Chroma process', () => {
  it.each<[string, Partial<ChildExit>]>([
    ['a segmentation fault while working', { signal: 'SIGSEGV', confirmed: true }],
    ['an abort at the start', { signal: 'SIGABRT' }],
    ['an error code', { code: 1 }],
    ['a server that never became ready', { signal: 'SIGKILL', reason: NEVER_READY }],
  ])('suspects the files after %s', (_, change) => {
    expect(suspectsDamage({ ...exit, ...change })).toBe(true);
  });

  it.each<[string, Partial<ChildExit>]>([
    ['kill -9 from outside', { signal: 'SIGKILL', confirmed: true }],
    ['our own stop', { signal: 'SIGTERM', confirmed: true, reason: 'stopped' }],
    ['a taken port', { code: 0 }],
    ['a foreign server on the port', { signal: 'SIGKILL', reason: 'another server listens on the port' }],
    ['a machine without a server', { code: NO_SERVER_EXIT_CODE }],
    ['a process that could not be started', { pid: null, reason: 'spawn EAGAIN' }],
  ])('does not suspect the files after %s', (_, change) => {
    expect(suspectsDamage({ ...exit, ...change })).toBe(false);
  });
});
