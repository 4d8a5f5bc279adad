/** Reads our own source as text, for the architecture tests: the files, their imports, and the code without comments. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository. */
export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** One import of a file. `target` is a repository path (`src/…ts`) for our own files, else the module name as written. */
export interface ImportStatement {
  target: string;
  own: boolean;
  typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  path: string;
  text: string;
  /** The text with comments blanked out; line numbers stay true. */
  code: string;
  imports: ImportStatement[];
}

/** All TypeScript files under the given folders of the repository; a folder that does not exist gives none. */
export function readSourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) => listFiles(folder).filter((path) => path.endsWith('.ts'))).map(readSourceFile);
}

/** Repository paths of all files under a folder, at any depth. */
export function listFiles(folder: string): string[] {
  const absolute = join(repositoryRoot, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(repositoryRoot, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Repository paths of all folders under a folder, at any depth. */
export function listFolders(folder: string): string[] {
  const absolute = join(repositoryRoot, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => relative(repositoryRoot, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

function readSourceFile(path: string): SourceFile {
  const text = readFileSync(join(repositoryRoot, path), 'utf8');
  const code = withoutComments(text);
  return { path, text, code, imports: readImports(path, code) };
}

const STRING_OR_COMMENT =
  /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/[^\n]*/gm;

/** Blanks comments and leaves strings; enough for source that Biome has formatted. */
export function withoutComments(text: string): string {
  return text.replace(STRING_OR_COMMENT, (match) =>
    match.startsWith('//') || match.startsWith('/*') ? match.replace(/[^\n]/g, ' ') : match,
  );
}

const STATEMENT = /^\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\b(?:import|require|require\.resolve|import\.meta\.resolve)\(\s*['"]([^'"\n]+)['"]\s*\)/g;

/** The static and dynamic imports, re-exports and requires of a file. */
export function readImports(path: string, code: string): ImportStatement[] {
  const found = [
    ...[...code.matchAll(STATEMENT)].map((match) => ({
      name: match[2] as string,
      typeOnly: match[1] !== undefined || importsOnlyTypes(match[0]),
    })),
    ...[...code.matchAll(DYNAMIC)].map((match) => ({ name: match[1] as string, typeOnly: false })),
  ];
  return found.map(({ name, typeOnly }) => {
    const own = name.startsWith('.');
    const target = own ? posix.join(posix.dirname(path), name).replace(/\.js$/, '.ts') : name;
    return { target, own, typeOnly };
  });
}

/** `import { type A, type B } from` brings in types alone. */
function importsOnlyTypes(statement: string): boolean {
  const names = /\{([^}]*)\}/
    .exec(statement)?.[1]
    ?.split(',')
    .map((name) => name.trim());
  return names?.filter((name) => name !== '').every((name) => name.startsWith('type ')) ?? false;
}
