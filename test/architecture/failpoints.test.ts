import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSourceFiles, repositoryRoot } from './source-files.js';

const STEPS = ['parse', 'chunk', 'embed', 'publish'];

/** Names given to a failpoint in the code; the pipeline makes two of the name of each step. */
function failpointsInCode(): string[] {
  const names = readSourceFiles('src', 'ingest').flatMap(({ code }) =>
    [...code.matchAll(/\bfailpoint\??\.?\(\s*['`]([^'`]+)['`]/g)].map((match) => match[1] as string),
  );
  const ofEachStep = /\$\{step\.name\}/;
  return names.flatMap((name) =>
    ofEachStep.test(name) ? STEPS.map((step) => name.replace(ofEachStep, step)) : [name],
  );
}

/** Names in the table of CONTRIBUTING.md. */
function failpointsInDocs(): string[] {
  const text = readFileSync(join(repositoryRoot, 'CONTRIBUTING.md'), 'utf8');
  const rows = text.split('\n').filter((line) => /^\| `[a-z]+\.[a-z_]+`/.test(line));
  return rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([a-z]+\.[a-z_]+)`/g)].map((match) => match[1] as string),
  );
}

describe('failpoints', () => {
  it('stand in CONTRIBUTING.md, all of them and no others', () => {
    expect(failpointsInDocs().sort()).toEqual([...new Set(failpointsInCode())].sort());
  });
});
