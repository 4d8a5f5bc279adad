/** The habits that make the code readable, as rules over its text. */
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles, listFolders, readSourceFiles, type SourceFile, withoutComments } from './source-files.js';

const product = readSourceFiles('src', 'ingest');
const tests = readSourceFiles('test');
const everything = [...product, ...tests];

/** `path:line` of every line of the code (comments blanked) that the pattern fits. */
function findLines(files: SourceFile[], pattern: RegExp, part: 'code' | 'text' = 'code'): string[] {
  return files.flatMap((file) =>
    file[part].split('\n').flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1}`] : [])),
  );
}

/** The rules' own words stand in this folder as patterns. */
const outsideThisFolder = (file: SourceFile) => !file.path.startsWith('test/architecture/');

describe('house style', () => {
  it('reads the environment in one file', () => {
    const readers = new Set(findLines(product, /process\.env\b/).map((place) => place.split(':')[0]));
    expect([...readers]).toEqual(['src/config/env.ts']);
  });

  it('replaces no modules in tests', () => {
    expect(findLines(tests.filter(outsideThisFolder), /\bvi\.(?:mock|doMock|hoisted)\b/)).toEqual([]);
  });

  it('keeps every file within 400 lines', () => {
    const long = everything.filter((file) => file.text.split('\n').length - 1 > 400).map((file) => file.path);
    expect(long).toEqual([]);
  });

  it('has named exports only', () => {
    expect(findLines(everything.filter(outsideThisFolder), /^export default\b|\bas default\b/)).toEqual([]);
  });

  it('has no folder that is named after nothing', () => {
    const folders = ['src', 'ingest', 'test', 'scripts'].flatMap((root) => listFolders(root));
    expect(folders.filter((folder) => /^(?:utils?|helpers?|common|lib|misc|shared)$/.test(basename(folder)))).toEqual(
      [],
    );
  });

  it('names files and folders in kebab-case', () => {
    const names = ['src', 'ingest', 'scripts'].flatMap((root) => [...listFiles(root), ...listFolders(root)]);
    const sources = tests.map((file) => file.path);
    const word = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?(?:\.[a-z]+)?$/;
    expect([...names, ...sources].filter((path) => !word.test(basename(path)))).toEqual([]);
  });

  it('does not use any', () => {
    expect(findLines(everything.filter(outsideThisFolder), /: any\b|\bas any\b|<any>|\bany\[\]/)).toEqual([]);
  });

  it('leaves no unfinished business', () => {
    expect(findLines(everything.filter(outsideThisFolder), /\b(?:TODO|FIXME|XXX|HACK)\b/, 'text')).toEqual([]);
  });

  it('switches no check off', () => {
    const off = /@ts-ignore|@ts-nocheck|eslint-disable|\b(?:it|test|describe)\.only\b/;
    expect(findLines(everything.filter(outsideThisFolder), off, 'text')).toEqual([]);
  });

  it('has something in every folder of both programs', () => {
    const folders = [...listFolders('src'), ...listFolders('ingest')];
    expect(folders.filter((folder) => listFiles(folder).length === 0)).toEqual([]);
  });

  it('has no empty source file', () => {
    expect(product.filter((file) => file.code.trim() === '').map((file) => file.path)).toEqual([]);
  });
});

describe('the blanking of comments', () => {
  it('removes comments and keeps strings and line numbers', () => {
    const text = "const a = 'http://x'; // any\n/* two\nlines */ const b = `//`;";
    expect(withoutComments(text)).toBe("const a = 'http://x';       \n      \n         const b = `//`;");
  });
});
