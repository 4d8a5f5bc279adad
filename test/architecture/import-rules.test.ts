/**
 * The allowed imports as a table, checked by our own reading of the import statements, apart from dependency-cruiser, so
 * that nobody can switch the lint off. Anything that is not listed is an error.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ImportStatement, readImports, readSourceFiles, repositoryRoot } from './source-files.js';

interface Zone {
  name: string;
  files: RegExp;
  /** Our own files it may import, besides those of its own zone. */
  own: RegExp[];
  /** npm packages it may import, by name; `any` for composition roots, process entries and adapters. */
  packages: string[] | 'any';
  /** Whether Node's own modules may be imported. */
  builtins: boolean;
}

const domain = /^src\/domain\//;
const config = /^src\/config\//;
const infra = /^src\/infra\//;
const http = /^src\/http\//;
const tenants = /^src\/tenants\//;
const retrieval = /^src\/retrieval\//;
const answering = /^src\/answering\//;
const features = /^src\/(documents|conversations|evaluation)\//;
const ingest = /^ingest\//;

const ZONES: Zone[] = [
  {
    name: 'domain-text',
    files: /^src\/domain\/text\//,
    own: [domain],
    packages: ['zod', 'gpt-tokenizer', 'eld'],
    builtins: false,
  },
  { name: 'domain', files: domain, own: [], packages: ['zod'], builtins: false },
  { name: 'config', files: config, own: [domain], packages: ['zod'], builtins: true },
  { name: 'infra', files: infra, own: [domain, config], packages: 'any', builtins: true },
  { name: 'retrieval', files: retrieval, own: [domain], packages: ['zod'], builtins: true },
  { name: 'answering', files: answering, own: [domain, retrieval], packages: ['zod'], builtins: true },
  { name: 'tenants', files: tenants, own: [domain, http], packages: ['zod', 'express'], builtins: true },
  {
    name: 'documents',
    files: /^src\/documents\//,
    own: [domain, http, tenants],
    packages: ['zod', 'express', 'multer', 'file-type', 'cheerio', 'chardet', 'iconv-lite'],
    builtins: true,
  },
  {
    name: 'conversations',
    files: /^src\/conversations\//,
    own: [domain, http, tenants, answering],
    packages: ['zod', 'express'],
    builtins: true,
  },
  {
    name: 'evaluation',
    files: /^src\/evaluation\//,
    own: [domain, retrieval, answering],
    packages: ['zod'],
    builtins: true,
  },
  {
    name: 'http',
    files: http,
    own: [domain],
    packages: [
      'zod',
      'express',
      'express-serve-static-core',
      'helmet',
      'pino',
      'pino-http',
      'zod-openapi',
      'swagger-ui-dist',
    ],
    builtins: true,
  },
  {
    name: 'app-context',
    files: /^src\/app-context\.ts$/,
    own: [domain, config, infra, retrieval, answering, tenants, features],
    packages: 'any',
    builtins: true,
  },
  { name: 'entries', files: /^src\/(app|server)\.ts$|^src\/cli\//, own: [/^src\//], packages: 'any', builtins: true },
  {
    name: 'ingest-entries',
    files: /^ingest\/(worker|ingest-folder)\.ts$/,
    own: [ingest, domain, config, infra, /^src\/documents\/accept-file\.ts$/],
    packages: 'any',
    builtins: true,
  },
  {
    name: 'ingest',
    files: ingest,
    own: [domain],
    packages: [
      'zod',
      'pdf-parse',
      'mammoth',
      'cheerio',
      'domhandler',
      'csv-parse',
      'chardet',
      'iconv-lite',
      'file-type',
      'postal-mime',
    ],
    builtins: true,
  },
];

const files = readSourceFiles('src', 'ingest');
const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** The first zone whose pattern fits: narrow zones stand before wide ones. */
function zoneOf(path: string): Zone | undefined {
  return ZONES.find((zone) => zone.files.test(path));
}

/** `gpt-tokenizer/encoding/x` -> `gpt-tokenizer`, `@langchain/openai/y` -> `@langchain/openai`. */
function packageName(module: string): string {
  return module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Why a file of this zone may not import that, or null when it may. */
function objection(zone: Zone, statement: ImportStatement): string | null {
  if (statement.own) {
    const inside = zone.files.test(statement.target);
    if (!inside && !zone.own.some((allowed) => allowed.test(statement.target))) return 'outside the table';
    if (zone.name === 'infra' && config.test(statement.target) && !statement.typeOnly) return 'config types only';
    return null;
  }
  if (statement.target.startsWith('node:')) return zone.builtins ? null : 'no Node modules here';
  const name = packageName(statement.target);
  if (manifest.dependencies[name] === undefined && !(statement.typeOnly && name === 'express-serve-static-core')) {
    return 'not a dependency of the product';
  }
  return zone.packages === 'any' || zone.packages.includes(name) ? null : 'package not allowed here';
}

/** Import cycles, each as the path that closes it. */
function findCycles(graph: Map<string, string[]>): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) cycles.push([...trail.slice(seenAt), path].join(' -> '));
    if (seenAt >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}

describe('import rules', () => {
  it('reads both programs', () => {
    expect(files.some((file) => file.path.startsWith('src/'))).toBe(true);
    expect(files.some((file) => file.path.startsWith('ingest/'))).toBe(true);
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(files.length);
  });

  it('gives every file a place in the table', () => {
    expect(files.filter((file) => zoneOf(file.path) === undefined).map((file) => file.path)).toEqual([]);
  });

  it('lets no file import what its zone may not', () => {
    const objections = files.flatMap((file) => {
      const zone = zoneOf(file.path);
      if (zone === undefined) return [];
      return file.imports.flatMap((statement) => {
        const reason = objection(zone, statement);
        return reason === null ? [] : [`${file.path} -> ${statement.target}: ${reason} (${zone.name})`];
      });
    });
    expect(objections).toEqual([]);
  });

  it('points every relative import at a file that exists', () => {
    const known = new Set(files.map((file) => file.path));
    const missing = files.flatMap((file) =>
      file.imports
        .filter((statement) => statement.own && statement.target.endsWith('.ts') && !known.has(statement.target))
        .map((statement) => `${file.path} -> ${statement.target}`),
    );
    expect(missing).toEqual([]);
  });

  it('has no import cycles', () => {
    const graph = new Map(
      files.map((file) => [file.path, file.imports.filter((statement) => statement.own).map(({ target }) => target)]),
    );
    expect(findCycles(graph)).toEqual([]);
  });

  it('is the table that dependency-cruiser enforces as errors', () => {
    const cruiser = readFileSync(join(repositoryRoot, '.dependency-cruiser.cjs'), 'utf8');
    for (const zone of ZONES) expect(cruiser).toContain(`name: '${zone.name}'`);
    expect(cruiser).not.toMatch(/severity: '(?:warn|info|ignore)'/);
  });
});

describe('the reading of imports', () => {
  it('finds static, type-only, re-exported, side-effect and dynamic imports', () => {
    const code = [
      "import { a } from './a.js';",
      "import type { B } from '../b.js';",
      "import { type C, type D } from './c.js';",
      "export * from './d.js';",
      "import 'node:fs';",
      "import {\n  long,\n  list,\n} from '@scope/package/deep';",
      "const late = await import('./e.js');",
      "const folder = require.resolve('swagger-ui-dist/package.json');",
    ].join('\n');
    expect(readImports('src/x/file.ts', code)).toEqual([
      { target: 'src/x/a.ts', own: true, typeOnly: false },
      { target: 'src/b.ts', own: true, typeOnly: true },
      { target: 'src/x/c.ts', own: true, typeOnly: true },
      { target: 'src/x/d.ts', own: true, typeOnly: false },
      { target: 'node:fs', own: false, typeOnly: false },
      { target: '@scope/package/deep', own: false, typeOnly: false },
      { target: 'src/x/e.ts', own: true, typeOnly: false },
      { target: 'swagger-ui-dist/package.json', own: false, typeOnly: false },
    ]);
  });

  it('objects to a forbidden import of each kind', () => {
    const judge = (from: string, line: string) => {
      const [statement] = readImports(from, line);
      return objection(zoneOf(from) as Zone, statement as ImportStatement);
    };
    expect(judge('src/domain/x.ts', "import 'node:fs';")).toBe('no Node modules here');
    expect(judge('src/domain/x.ts', "import { encode } from 'gpt-tokenizer';")).toBe('package not allowed here');
    expect(judge('src/retrieval/x.ts', "import { y } from '../infra/y.js';")).toBe('outside the table');
    expect(judge('src/documents/x.ts', "import { y } from '../../ingest/pipeline.js';")).toBe('outside the table');
    expect(judge('src/infra/x.ts', "import { y } from '../config/secrets.js';")).toBe('config types only');
    expect(judge('ingest/chunk/x.ts', "import fc from 'fast-check';")).toBe('not a dependency of the product');
    expect(judge('src/infra/x.ts', "import type { Y } from '../config/config.js';")).toBeNull();
  });

  it('finds a cycle', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a']],
    ]);
    expect(findCycles(graph)).toEqual(['a -> b -> c -> a']);
  });
});
