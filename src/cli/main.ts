#!/usr/bin/env node
/** The `footnote` command: ask, search and upload over HTTP; doctor and key on this machine. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { createClientConfig } from '../config/config.js';
import { loadEnvironmentFile, readEnvironment } from '../config/env.js';
import { AppError } from '../domain/errors.js';
import { generateApiKey } from '../tenants/api-keys.js';
import { type ApiClient, ApiError, createApiClient } from './api-client.js';
import { askCommand } from './ask-command.js';
import { EXIT } from './print.js';
import { searchCommand } from './search-command.js';
import { uploadCommand } from './upload-command.js';

interface Shared {
  json: boolean;
  collection: string[];
}

const program = new Command('footnote')
  .description('Answers from your own documents, every statement with a checked citation.')
  .option('--url <url>', 'the server (FOOTNOTE_URL, else http://127.0.0.1:PORT)')
  .option('--api-key <key>', 'an API key (better: FOOTNOTE_API_KEY)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage));

const json = () => new Option('--json', 'print JSON instead of text').default(false);
const collections = () => new Option('-c, --collection <name...>', 'collections to search').default(['default']);

program
  .command('ask <question>')
  .description('ask, and see the answer with its citations')
  .addOption(collections())
  .addOption(json())
  .action((question: string, options: Shared) =>
    finish(() => askCommand(client(), question, { collections: options.collection, json: options.json })),
  );

program
  .command('search <query>')
  .description('find passages')
  .addOption(collections())
  .option('-k, --top-k <n>', 'how many', wholeNumber(1, 50), 8)
  .addOption(new Option('-m, --mode <mode>', 'which index').choices(['hybrid', 'lexical', 'vector']).default('hybrid'))
  .addOption(json())
  .action((query: string, options: Shared & { topK: number; mode: string }) =>
    finish(() =>
      searchCommand(client(), query, {
        collections: options.collection,
        topK: options.topK,
        mode: options.mode,
        json: options.json,
      }),
    ),
  );

program
  .command('upload <file...>')
  .description('upload files and wait until they can be searched')
  .option('-c, --collection <name>', 'where to', 'default')
  .option('-w, --wait <seconds>', 'how long to wait for each', wholeNumber(0, 86_400), 600)
  .addOption(json())
  .action((files: string[], options: { collection: string; wait: number; json: boolean }) =>
    finish(() => uploadCommand(client(), files, options)),
  );

program
  .command('doctor')
  .description('compare the database with files, lexical index and vector index of this machine')
  .option('--repair', 'rebuild from the database what is missing, remove what is left over', false)
  .addOption(json())
  .action((options: { repair: boolean; json: boolean }) =>
    finish(async () => {
      // Loaded only here: it brings the stores along, which the other commands do without.
      const { doctorCommand } = await import('./doctor-command.js');
      return await doctorCommand(options);
    }),
  );

program
  .command('key [name]')
  .description('make an API key: the key for the client, the line for API_KEYS')
  .addOption(json())
  .action((name: string | undefined, options: { json: boolean }) =>
    finish(async () => keyCommand(name ?? 'default', options)),
  );

await program.parseAsync();

function client(): ApiClient {
  const options = program.opts<{ url?: string; apiKey?: string }>();
  const defaults = createClientConfig(readEnvironment());
  return createApiClient({
    url: options.url?.replace(/\/+$/, '') ?? defaults.url,
    apiKey: options.apiKey ?? defaults.apiKey,
  });
}

async function finish(run: () => Promise<number>): Promise<void> {
  try {
    loadEnvironmentFile();
    process.exitCode = await run();
  } catch (error) {
    const known = error instanceof ApiError || error instanceof AppError;
    const code = known ? error.code : 'internal_error';
    const message = error instanceof Error ? error.message : String(error);
    if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    process.stderr.write(`${message} (${code})\n`);
    process.exitCode = EXIT.error;
  }
}

function keyCommand(name: string, options: { json: boolean }): number {
  const { key, sha256 } = generateApiKey();
  const line = `${name}:${sha256}`;
  const text = `Key (shown once, give it to the client): ${key}\nFor the server: API_KEYS=${line}\n`;
  process.stdout.write(options.json ? `${JSON.stringify({ key, apiKeys: line })}\n` : text);
  return EXIT.ok;
}

function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`give a whole number from ${minimum} to ${maximum}.`);
  };
}
