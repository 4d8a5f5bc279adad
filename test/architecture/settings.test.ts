/** The settings are documented where people look: .env.example and README.md say what src/config/env.ts says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentSchema, SETTING_NAMES } from '../../src/config/env.js';
import { repositoryRoot } from './source-files.js';

/** Failpoints are for our own tests and stand in CONTRIBUTING.md only. */
const DOCUMENTED = SETTING_NAMES.filter((name) => name !== 'FAIL');

/** Default of every setting as text, empty when there is none. */
function defaults(): Record<string, string> {
  const values: Record<string, unknown> = environmentSchema.parse({});
  return Object.fromEntries(DOCUMENTED.map((name) => [name, values[name] === undefined ? '' : String(values[name])]));
}

/** `NAME=value` lines; a comment line must stand above each. */
function readEnvExample(): { values: Record<string, string>; uncommented: string[] } {
  const lines = readFileSync(join(repositoryRoot, '.env.example'), 'utf8').split('\n');
  const values: Record<string, string> = {};
  const uncommented: string[] = [];
  lines.forEach((line, index) => {
    const match = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
    if (match === null) return;
    values[match[1] as string] = match[2] as string;
    if (!/^# \S.*\.$/.test(lines[index - 1] ?? '')) uncommented.push(match[1] as string);
  });
  return { values, uncommented };
}

/** Rows ``| `NAME` | `default` | meaning |`` of README.md; a dash stands for no default. */
function readReadmeTable(): Record<string, string> {
  const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| `([A-Z][A-Z0-9_]*)` \| (?:`([^`]*)`|–) \| \S.* \|$/gm)];
  return Object.fromEntries(rows.map((row) => [row[1] as string, row[2] ?? '']));
}

describe('the settings', () => {
  it('stand in .env.example, all of them, with their defaults and a sentence each', () => {
    const { values, uncommented } = readEnvExample();
    expect(values).toEqual(defaults());
    expect(uncommented).toEqual([]);
  });

  it("stand in README's configuration table, all of them, with their defaults", () => {
    expect(readReadmeTable()).toEqual(defaults());
  });

  it('keep the example free of values that look like secrets', () => {
    const { values } = readEnvExample();
    const secrets = DOCUMENTED.filter((name) => /KEY|KEYS|PASSWORD|TOKEN$/.test(name));
    expect(secrets.map((name) => values[name])).toEqual(secrets.map(() => ''));
  });
});
