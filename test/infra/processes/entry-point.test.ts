import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolveEntryPoint } from '../../../src/infra/processes/entry-point.js';

describe('the entry point of a program', () => {
  it('is the TypeScript file with its loader for a caller in the sources', () => {
    const from = new URL('../../../src/infra/stores/chroma/chroma-server.ts', import.meta.url);
    const entry = resolveEntryPoint('./chroma-process', from.href);
    expect(entry.file).toBe(fileURLToPath(new URL('./chroma-process.ts', from)));
    expect(existsSync(entry.file)).toBe(true);
    expect(entry.execArgv[0]).toBe('--import');
    expect(existsSync(new URL(entry.execArgv[1] as string))).toBe(true);
  });

  it('is the JavaScript file without a loader for a caller in the build', () => {
    expect(resolveEntryPoint('../../ingest/worker', 'file:///srv/dist/src/server.js')).toEqual({
      file: '/srv/ingest/worker.js',
      execArgv: [],
    });
  });
});
