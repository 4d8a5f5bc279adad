import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../../../src/infra/processes/process-table.js';
import type { ChildStateEvent } from '../../../../src/infra/processes/supervised-child.js';
import {
  createChromaAddressReader,
  readChromaAddress,
  writeChromaAddress,
} from '../../../../src/infra/stores/chroma/chroma-address.js';
import {
  type ChromaServer,
  type ChromaServerOptions,
  startChromaServer,
} from '../../../../src/infra/stores/chroma/chroma-server.js';
import { createChromaVectorIndex } from '../../../../src/infra/stores/chroma/chroma-vector-index.js';
import { type NodeProgram, runNodeProgram, until, untilGone } from '../../../support/node-programs.js';

const SOURCE = JSON.stringify(new URL('../../../../src/infra/stores/chroma/chroma-server.ts', import.meta.url).href);

describe('our own Chroma server', { timeout: 60_000 }, () => {
  let dataDirectory: string;
  let servers: ChromaServer[];
  let events: ChildStateEvent[];
  let program: NodeProgram | undefined;

  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'footnote-chroma-'));
    servers = [];
    events = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await program?.kill();
    program = undefined;
    await rm(dataDirectory, { recursive: true, force: true });
  });

  async function start(options: Partial<ChromaServerOptions> = {}): Promise<ChromaServer> {
    const server = await startChromaServer({ dataDirectory, onEvent: (event) => events.push(event), ...options });
    servers.push(server);
    return server;
  }

  const indexOf = (server: ChromaServer) => createChromaVectorIndex({ url: () => server.ready() });
  const vector = { passageId: 'psg_a_1_0', documentId: 'doc_a', version: 1, vector: [1, 0, 0] };
  const foundIn = async (server: ChromaServer) =>
    (await indexOf(server).nearest({ collectionId: 'col_a', vector: [1, 0, 0], limit: 3 })).map((hit) => hit.passageId);

  it('starts, answers, tells where it is, and leaves nothing running', async () => {
    const lines: string[] = [];
    const startedAt = performance.now();
    const server = await start({ onLine: (line) => lines.push(line) });
    expect(() => server.url()).toThrow(expect.objectContaining({ code: 'search_unavailable' }));
    const url = await server.ready();
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(server.url()).toBe(url);
    await indexOf(server).probe();
    const pid = server.pid() as number;
    expect(await readChromaAddress(dataDirectory)).toEqual({ url, pid });
    expect(await createChromaAddressReader(dataDirectory)()).toBe(url);
    expect(lines).toEqual([]);

    const stopping = performance.now();
    await server.stop();
    expect(performance.now() - stopping).toBeLessThan(5000);
    expect(isAlive(pid)).toBe(false);
    expect(await readChromaAddress(dataDirectory)).toBeNull();
    await expect(server.ready()).rejects.toMatchObject({ code: 'search_unavailable' });
    await expect(createChromaAddressReader(dataDirectory, 0)()).rejects.toMatchObject({ code: 'search_unavailable' });
  });

  it('leaves no trace of the proof in the database', async () => {
    const server = await start();
    const response = await fetch(`${await server.ready()}/api/v2/tenants/default_tenant/databases`);
    expect(((await response.json()) as { name: string }[]).map((database) => database.name)).toEqual([
      'default_database',
    ]);
  });

  it('is back within five seconds after kill -9, with everything that was acknowledged', async () => {
    const server = await start();
    await indexOf(server).upsert('col_a', [vector]);
    const firstPid = server.pid() as number;
    process.kill(firstPid, 'SIGKILL');
    const back = await until(() => server.pid() !== firstPid && isUp(server), 5000);
    expect(back).toBeLessThan(5000);
    expect(await foundIn(server)).toEqual(['psg_a_1_0']);
    expect((await readChromaAddress(dataDirectory))?.url).toBe(server.url());
  });

  it('is ended although it was stopped with SIGSTOP', async () => {
    const server = await start();
    await server.ready();
    const pid = server.pid() as number;
    process.kill(pid, 'SIGSTOP');
    const startedAt = performance.now();
    await server.stop();
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(isAlive(pid)).toBe(false);
  });

  it('does not outlive a parent that was killed', async () => {
    program = runNodeProgram(`
      import { startChromaServer } from ${SOURCE};
      const server = await startChromaServer({ dataDirectory: ${JSON.stringify(dataDirectory)} });
      await server.ready();
      console.log(server.pid());`);
    const pid = Number(await program.nextLine());
    expect(isAlive(pid)).toBe(true);
    await program.kill();
    expect(await untilGone(pid)).toBeLessThan(2000);
    const server = await start();
    await server.ready();
  });

  it('ends a left-over server before it starts, but no process that is not ours', async () => {
    const first = await start();
    await first.ready();
    const leftOver = first.pid() as number;
    await start();
    await untilGone(leftOver);
    await Promise.all(servers.map((server) => server.stop()));

    program = runNodeProgram("console.log('innocent'); setInterval(() => {}, 1000);");
    await program.nextLine();
    await writeChromaAddress(dataDirectory, { url: 'http://127.0.0.1:1', pid: program.pid });
    const third = await start();
    await third.ready();
    expect(isAlive(program.pid)).toBe(true);
  });

  it('moves to another port when the first is taken', async () => {
    const blocker = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const { port } = blocker.address() as { port: number };
    const free = await freePort();
    const ports = [port, free];
    const quarantined: unknown[] = [];
    const server = await start({
      pickPort: async () => ports.shift() ?? free,
      onQuarantine: (event) => quarantined.push(event),
    });
    expect(await server.ready()).toBe(`http://127.0.0.1:${free}`);
    expect(quarantined).toEqual([]);
    await new Promise((resolve) => blocker.close(resolve));
  });

  it('does not take a foreign Chroma server on its port for its own', async () => {
    const foreignDirectory = await mkdtemp(join(tmpdir(), 'footnote-foreign-'));
    const foreign = await start({ dataDirectory: foreignDirectory });
    const foreignPort = Number(new URL(await foreign.ready()).port);
    const free = await freePort();
    const ports = [foreignPort, foreignPort, foreignPort, foreignPort, free];
    const server = await start({ pickPort: async () => ports.shift() ?? free });
    expect(await server.ready()).toBe(`http://127.0.0.1:${free}`);
    await foreign.stop();
    await rm(foreignDirectory, { recursive: true, force: true });
  });

  it('sets a directory aside that no server can open, and starts empty', async () => {
    await mkdir(join(dataDirectory, 'chroma'));
    await writeFile(join(dataDirectory, 'chroma', 'chroma.sqlite3'), 'garbage '.repeat(2000));
    const quarantined: { reason: string; movedTo: string }[] = [];
    const server = await start({ onQuarantine: (event) => quarantined.push(event) });
    await server.ready();
    expect(quarantined).toHaveLength(1);
    expect(await readFile(join(quarantined[0]?.movedTo as string, 'chroma.sqlite3'), 'utf8')).toMatch(/^garbage/);
    await indexOf(server).probe();
    expect(await foundIn(server)).toEqual([]);
  });

  it('sets a directory aside whose index files crash the server at every search', async () => {
    const first = await start();
    const many = Array.from({ length: 1500 }, (_, ordinal) => ({
      ...vector,
      passageId: `psg_a_1_${ordinal}`,
      vector: [Math.cos(ordinal), Math.sin(ordinal), 0],
    }));
    await indexOf(first).upsert('col_a', many);
    await first.stop();
    const chroma = join(dataDirectory, 'chroma');
    const header = (await readdir(chroma, { recursive: true })).find((name) => name.endsWith('header.bin')) as string;
    await truncate(join(chroma, header), 50);
    const quarantined: unknown[] = [];
    const server = await start({
      backOff: { initialMs: 50, maximumMs: 200, stableAfterMs: 60_000 },
      onQuarantine: (event) => quarantined.push(event),
    });
    await until(async () => {
      await foundIn(server).catch(() => undefined);
      return quarantined.length > 0;
    }, 40_000);
    expect(await foundIn(server)).toEqual([]);
    await indexOf(server).probe();
  });

  it('can be told to set the directory aside', async () => {
    const quarantined: { reason: string; movedTo: string }[] = [];
    const server = await start({ onQuarantine: (event) => quarantined.push(event) });
    await indexOf(server).upsert('col_a', [vector]);
    await server.quarantine('the probe failed');
    await until(() => isUp(server), 10_000);
    expect(quarantined).toMatchObject([{ reason: 'the probe failed' }]);
    expect(await foundIn(server)).toEqual([]);
  });

  it('blames the machine, not the files, when there is no working server', async () => {
    const copy = join(dataDirectory, 'chroma');
    await mkdir(copy);
    await writeFile(join(copy, 'chroma.sqlite3'), '');
    const quarantined: unknown[] = [];
    await start({
      pickPort: () => Promise.reject(new Error('no port')),
      backOff: { initialMs: 1, maximumMs: 1, stableAfterMs: 60_000 },
      onQuarantine: (event) => quarantined.push(event),
    });
    await until(() => events.filter((event) => event.state === 'exited').length > 10, 5000);
    expect(quarantined).toEqual([]);
    expect(existsSync(copy)).toBe(true);
  });

  it('takes its data along when the data directory is copied', async () => {
    const first = await start();
    await indexOf(first).upsert('col_a', [vector]);
    await first.stop();
    const moved = await mkdtemp(join(tmpdir(), 'footnote-moved-'));
    await cp(dataDirectory, moved, { recursive: true });
    const second = await start({ dataDirectory: moved });
    expect(await foundIn(second)).toEqual(['psg_a_1_0']);
    await second.stop();
    await rm(moved, { recursive: true, force: true });
  });
});

function isUp(server: ChromaServer): boolean {
  try {
    return server.url() !== '';
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
