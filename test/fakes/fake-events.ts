import type { AppEvents } from '../../src/domain/ports/events.js';

/** One recorded call, e.g. `{name: 'searched', event: {mode: 'hybrid', …}}`. */
export type RecordedEvent = {
  [Name in keyof AppEvents]: { name: Name; event: Parameters<AppEvents[Name]>[0] };
}[keyof AppEvents];

export interface FakeEvents extends AppEvents {
  /** All calls, in order. */
  readonly recorded: RecordedEvent[];
  /** The payloads of one kind, in order. */
  of<Name extends keyof AppEvents>(name: Name): Parameters<AppEvents[Name]>[0][];
}

/** AppEvents that remember every call. */
export function createFakeEvents(): FakeEvents {
  const recorded: RecordedEvent[] = [];
  return {
    recorded,
    of<Name extends keyof AppEvents>(name: Name) {
      return recorded
        .filter((entry): entry is Extract<RecordedEvent, { name: Name }> => entry.name === name)
        .map((entry) => entry.event as Parameters<AppEvents[Name]>[0]);
    },
    documentAccepted: (event) => void recorded.push({ name: 'documentAccepted', event }),
    documentIngested: (event) => void recorded.push({ name: 'documentIngested', event }),
    documentFailed: (event) => void recorded.push({ name: 'documentFailed', event }),
    documentRemoved: (event) => void recorded.push({ name: 'documentRemoved', event }),
    jobRetried: (event) => void recorded.push({ name: 'jobRetried', event }),
    jobDead: (event) => void recorded.push({ name: 'jobDead', event }),
    searched: (event) => void recorded.push({ name: 'searched', event }),
    hitsDropped: (event) => void recorded.push({ name: 'hitsDropped', event }),
    questionAnswered: (event) => void recorded.push({ name: 'questionAnswered', event }),
    citationDropped: (event) => void recorded.push({ name: 'citationDropped', event }),
    modelFailed: (event) => void recorded.push({ name: 'modelFailed', event }),
    childProcess: (event) => void recorded.push({ name: 'childProcess', event }),
  };
}
