import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const telemetry = new URL('../../../src/infra/telemetry/', import.meta.url);

function crash(how: string) {
  const program = `
    const { createLogger } = await import('${telemetry.href}logger.ts');
    const { exitOnCrash } = await import('${telemetry.href}crash-log.ts');
    exitOnCrash(createLogger({ level: 'info', name: 'test' }));
    setInterval(() => undefined, 1000);
    setTimeout(() => { ${how} }, 10);`;
  const options = { encoding: 'utf8' as const, timeout: 20_000 };
  return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], options);
}

describe('exitOnCrash', () => {
  it.each([
    ['uncaught-exception', "throw new Error('boom');"],
    ['unhandled-rejection', "Promise.reject(new Error('boom'));"],
  ])('logs an %s with its stack and ends the process with code 1', (event, how) => {
    const { status, stdout } = crash(how);
    expect(status).toBe(1);
    expect(JSON.parse(stdout.trim())).toMatchObject({
      level: 'fatal',
      event,
      err: { message: 'boom', stack: expect.any(String) },
    });
  });
});
