/** What the end of a Chroma server process says about its data. */
import type { ChildExit } from '../../processes/supervised-child.js';

/** Exit code of the child when the machine has no server binary (72: EX_OSFILE of sysexits.h). */
export const NO_SERVER_EXIT_CODE = 72;

/** Signals that a program gets for its own faults, as it does on a torn index file; SIGKILL and SIGTERM come from outside. */
const OWN_FAULTS = new Set<NodeJS.Signals>(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE']);

/**
 * True when the end may come from damaged files: the server crashed by its own fault, refused to start, or never became
 * ready. Not: ended from outside, port taken (code 0), no binary, or not even started.
 */
export function suspectsDamage(exit: ChildExit): boolean {
  if (exit.pid === null) return false;
  if (exit.signal !== null) return OWN_FAULTS.has(exit.signal) || exit.reason === NEVER_READY;
  return exit.code !== 0 && exit.code !== NO_SERVER_EXIT_CODE;
}

/** Reason of an exit that we forced because the server did not answer or answered errors while starting. */
export const NEVER_READY = 'the server did not become ready';
