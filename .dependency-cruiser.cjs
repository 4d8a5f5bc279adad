/**
 * The allowed imports, one rule a zone: what a zone does not list is an error. The same table stands, written apart on
 * purpose, in test/architecture/import-rules.test.ts: the lint teaches, the test makes sure nobody switches it off.
 */

/** Our own folders as patterns. */
const domain = '^src/domain/';
const config = '^src/config/';
const infra = '^src/infra/';
const retrieval = '^src/retrieval/';
const answering = '^src/answering/';
const tenants = '^src/tenants/';
const documents = '^src/documents/';
const conversations = '^src/conversations/';
const evaluation = '^src/evaluation/';
const http = '^src/http/';
const ingest = '^ingest/';
const acceptFile = '^src/documents/accept-file\\.ts$';
const ingestEntries = '^ingest/(worker|ingest-folder)\\.ts$';
const anyPackage = '(?:^|/)node_modules/';

/** A pattern for npm packages by name, whatever file of theirs is meant. */
const packages = (...names) => `(?:^|/)node_modules/(?:@types/)?(?:${names.join('|')})/`;

/** Libraries that read file formats; they stay on the ingest side. */
const parserLibraries = packages(
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
);

/**
 * One zone: everything that `from` matches (and `except` does not) may import what `allow` matches, Node's own modules
 * when `builtins` is true, and nothing else.
 */
function zone({ name, from, except, allow, builtins = true }) {
  return {
    name: `only-allowed-from-${name}`,
    severity: 'error',
    from: { path: from, ...(except === undefined ? {} : { pathNot: except }) },
    to: { pathNot: allow, ...(builtins ? { dependencyTypesNot: ['core'] } : {}) },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    zone({
      name: 'domain',
      from: domain,
      except: '^src/domain/text/',
      allow: [domain, packages('zod')],
      builtins: false,
    }),
    zone({
      name: 'domain-text',
      from: '^src/domain/text/',
      allow: [domain, packages('zod', 'gpt-tokenizer', 'eld')],
      builtins: false,
    }),
    zone({ name: 'config', from: config, allow: [config, domain, packages('zod')] }),
    zone({ name: 'infra', from: infra, allow: [infra, domain, config, anyPackage] }),
    zone({ name: 'retrieval', from: retrieval, allow: [retrieval, domain, packages('zod')] }),
    zone({ name: 'answering', from: answering, allow: [answering, retrieval, domain, packages('zod')] }),
    zone({ name: 'tenants', from: tenants, allow: [tenants, domain, http, packages('zod', 'express')] }),
    zone({
      name: 'documents',
      from: documents,
      allow: [
        documents,
        domain,
        http,
        tenants,
        packages('zod', 'express', 'multer', 'file-type', 'cheerio', 'chardet', 'iconv-lite'),
      ],
    }),
    zone({
      name: 'conversations',
      from: conversations,
      allow: [conversations, domain, http, tenants, answering, packages('zod', 'express')],
    }),
    zone({ name: 'evaluation', from: evaluation, allow: [evaluation, domain, retrieval, answering, packages('zod')] }),
    zone({
      name: 'http',
      from: http,
      allow: [
        http,
        domain,
        packages(
          'zod',
          'express',
          'express-serve-static-core',
          'helmet',
          'pino',
          'pino-http',
          'zod-openapi',
          'swagger-ui-dist',
        ),
      ],
    }),
    zone({
      name: 'app-context',
      from: '^src/app-context\\.ts$',
      allow: [domain, config, infra, retrieval, answering, tenants, documents, conversations, evaluation, anyPackage],
    }),
    zone({ name: 'entries', from: '^src/(app|server)\\.ts$|^src/cli/', allow: ['^src/', anyPackage] }),
    zone({ name: 'ingest', from: ingest, except: ingestEntries, allow: [ingest, domain, parserLibraries] }),
    zone({
      name: 'ingest-entries',
      from: ingestEntries,
      allow: [ingest, domain, config, infra, acceptFile, anyPackage],
    }),
    {
      name: 'infra-takes-config-types-only',
      comment: 'Adapters get values; only the type of a setting may be named.',
      severity: 'error',
      from: { path: infra },
      to: { path: config, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'every-file-has-a-zone',
      comment: 'A new file directly under src must be given a place in the table.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(domain|config|infra|retrieval|answering|tenants|documents|conversations|evaluation|http|cli)/|^src/(app-context|app|server)\\.ts$',
      },
      to: {},
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^(src|ingest)/' },
      to: {},
    },
    {
      name: 'no-dev-packages-in-the-product',
      severity: 'error',
      from: { path: '^(src|ingest)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '(?:^|/)node_modules/@types/' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^(src|ingest)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'no-unresolved-imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|data|coverage)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
