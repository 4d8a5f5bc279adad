/**
 * Decides from the ends of the server's processes when its directory is damaged, and sets it aside. The index is a cache
 * that can be rebuilt, so losing it is cheap and a server that crashes for ever is not.
 */
import { existsSync } from 'node:fs';
import { rename, statfs } from 'node:fs/promises';
import type { ChildExit } from '../../processes/supervised-child.js';
import { suspectsDamage } from './chroma-exit.js';

/** With less free space a failing server says nothing about its files. */
const SPACE_NEEDED_BYTES = 16 * 1024 * 1024;

export interface DamageWatchOptions {
  directory: string;
  /** Suspicious ends in a row that make it damaged. */
  crashLimit: number;
  /** A run of this length starts the count anew, milliseconds. */
  stableAfterMs: number;
  onQuarantine(event: { reason: string; movedTo: string }): void;
}

export interface DamageWatch {
  /** The server is up and proven. */
  serverIsUp(): void;
  serverEnded(exit: ChildExit): void;
  /** Somebody else found the index damaged: set it aside before the next start. */
  demand(reason: string): void;
  /** To be called while no server runs. */
  setAsideIfDue(): Promise<void>;
}

/** Counts crashes that may come from damaged files and sets the directory aside when they are too many. */
export function createDamageWatch(options: DamageWatchOptions): DamageWatch {
  const { directory, crashLimit, stableAfterMs } = options;
  let crashes = 0;
  let demanded: string | null = null;
  /** An empty directory that fails too is not the cause; without this a broken machine would fill the disk. */
  let provenSinceQuarantine = true;
  return {
    serverIsUp() {
      provenSinceQuarantine = true;
    },
    serverEnded(exit) {
      if (exit.confirmed && exit.uptimeMs >= stableAfterMs) crashes = 0;
      if (suspectsDamage(exit)) crashes += 1;
    },
    demand(reason) {
      demanded = reason;
    },
    async setAsideIfDue() {
      const due = crashes >= crashLimit && provenSinceQuarantine ? `the server crashed ${crashes} times` : demanded;
      if (due === null || !existsSync(directory) || !(await hasSpace(directory))) return;
      const movedTo = `${directory}.corrupt-${new Date().toISOString().replace(/[:.]/g, '-')}`;
      await rename(directory, movedTo);
      crashes = 0;
      demanded = null;
      provenSinceQuarantine = false;
      options.onQuarantine({ reason: due, movedTo });
    },
  };
}

async function hasSpace(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize >= SPACE_NEEDED_BYTES;
}
