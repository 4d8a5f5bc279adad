import { execFile } from 'node:child_process';
import { BUILD_FOLDER } from './build-product.js';

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

const ROOT = new URL('../../', import.meta.url).pathname;

/** Runs a program of the build (path without extension) with these arguments and settings; never rejects. */
export function runProgram(file: string, args: string[], env: Record<string, string> = {}): Promise<CliResult> {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, env: { ...process.env, NODE_ENV: 'test', ...env }, timeout: 60_000 };
    execFile(process.execPath, [`${BUILD_FOLDER}/${file}.js`, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** The `footnote` command. */
export function runCli(args: string[], env: Record<string, string> = {}): Promise<CliResult> {
  return runProgram('src/cli/main', args, env);
}
