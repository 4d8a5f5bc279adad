/** Finds the file of a program of ours, running from TypeScript sources (tsx, tests) or from the build. */
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A program and the node options that it needs. */
export interface EntryPoint {
  file: string;
  execArgv: string[];
}

/**
 * @param specifier path relative to `from`, without extension, e.g. `./chroma-process`
 * @param from the caller's `import.meta.url`: a `.ts` caller gives the `.ts` program with the tsx loader, any other `.js`
 */
export function resolveEntryPoint(specifier: string, from: string): EntryPoint {
  const extension = extname(new URL(from).pathname) === '.ts' ? '.ts' : '.js';
  const file = fileURLToPath(new URL(`${specifier}${extension}`, from));
  if (extension === '.js') return { file, execArgv: [] };
  // As an absolute address: node resolves a bare `--import tsx` against the working directory, which may be anywhere.
  return { file, execArgv: ['--import', pathToFileURL(createRequire(from).resolve('tsx')).href] };
}
