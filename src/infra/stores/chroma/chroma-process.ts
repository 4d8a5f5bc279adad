/**
 * The program of the Chroma child process: `chroma-process <directory> <port>`. It runs the server of the `chromadb`
 * package inside this process, which blocks the main thread until the end.
 * Exit codes: 0 the port was taken, 72 there is no server for this machine, anything else the server failed.
 */
import { createRequire } from 'node:module';
import { killSelfWithParent } from '../../processes/die-with-parent.js';
import { NO_SERVER_EXIT_CODE } from './chroma-exit.js';

/** Package of the native server by platform and architecture, as in chromadb's own command line. */
const BINDINGS: Record<string, string> = {
  'darwin-arm64': 'chromadb-js-bindings-darwin-arm64',
  'darwin-x64': 'chromadb-js-bindings-darwin-x64',
  'linux-arm64': 'chromadb-js-bindings-linux-arm64-gnu',
  'linux-x64': 'chromadb-js-bindings-linux-x64-gnu',
  'win32-arm64': 'chromadb-js-bindings-win32-arm64-msvc',
  'win32-x64': 'chromadb-js-bindings-win32-x64-msvc',
};

interface ServerBinding {
  cli(args: string[]): void;
}

function loadBinding(): ServerBinding | null {
  const name = BINDINGS[`${process.platform}-${process.arch}`];
  try {
    if (name === undefined) throw new Error(`no Chroma server for ${process.platform}-${process.arch}`);
    const require = createRequire(createRequire(import.meta.url).resolve('chromadb'));
    return require(name) as ServerBinding;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

const [directory = '', port = ''] = process.argv.slice(2);
await killSelfWithParent();
const binding = loadBinding();
if (binding === null) process.exit(NO_SERVER_EXIT_CODE);
binding.cli(['chroma', 'run', '--path', directory, '--host', '127.0.0.1', '--port', port]);
process.exit(0);
