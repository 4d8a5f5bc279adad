/**
 * Runs dependency-cruiser over src and ingest with the table in .dependency-cruiser.cjs. A cruise that saw fewer files
 * than there are is a failure too: the tool reports "no violations" when it understood nothing.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const PROGRAMS = ['src', 'ingest'];

/** Every TypeScript file of the two programs, as paths relative to the repository with forward slashes. */
async function listSourceFiles() {
  const files = [];
  for (const program of PROGRAMS.filter((folder) => existsSync(folder))) {
    for (const entry of await readdir(program, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      files.push(relative('.', join(entry.parentPath, entry.name)).split(sep).join('/'));
    }
  }
  return files;
}

const expected = await listSourceFiles();
const options = await extractDepcruiseOptions('./.dependency-cruiser.cjs');
const result = await cruise(expected, options, undefined, { tsConfig: extractTSConfig('./tsconfig.json') });
const { modules, summary } = result.output;

const seen = new Set(modules.map((module) => module.source));
const missed = expected.filter((file) => !seen.has(file));
const unread = modules.filter((module) => /^(src|ingest)\//.test(module.source) && module.followable === false);
const violations = summary.violations.filter((violation) => violation.rule.severity === 'error');

for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} -> ${to}`);
for (const file of missed) console.error(`not cruised: ${file}`);

const blind = expected.length === 0 || missed.length > 0 || unread.length > 0 || summary.totalDependenciesCruised === 0;
const verdict = violations.length === 0 && !blind ? 'ok' : 'FAILED';
console.log(
  `architecture ${verdict}: ${expected.length - missed.length} of ${expected.length} files, ` +
    `${summary.totalDependenciesCruised} imports, ${violations.length} violations`,
);
process.exitCode = verdict === 'ok' ? 0 : 1;
