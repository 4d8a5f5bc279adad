import { execFile } from 'node:child_process';

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

const ROOT = new URL('../../', import.meta.url).pathname;

/** Runs a program of ours from its sources with these arguments and settings; never rejects. */
export function runProgram(file: string, args: string[], env: Record<string, string> = {}): Promise<CliResult> {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, env: { ...process.env, NODE_ENV: 'test', ...env }, timeout: 60_000 };
    execFile(process.execPath, ['--import', 'tsx', file, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** The `footnote` command. */
export function runCli(args: string[], env: Record<string, string> = {}): Promise<CliResult> {
  return runProgram('src/cli/main.ts', args, env);
}
