/**
 * Brings the events of a child process to the parent, which logs and counts them: the metrics page is the parent's, and a
 * number that only the child knows would never be seen.
 */
import { z } from 'zod';
import type { AppEvents } from '../../domain/ports/events.js';
import { type DescribedError, describeError } from './logger.js';

type EventName = keyof AppEvents;

const NAMES = [
  'documentAccepted',
  'documentIngested',
  'documentFailed',
  'documentRemoved',
  'jobRetried',
  'jobDead',
  'searched',
  'hitsDropped',
  'questionAnswered',
  'citationDropped',
  'modelFailed',
  'childProcess',
] as const satisfies EventName[];

const messageSchema = z.object({
  type: z.literal('app-event'),
  name: z.enum(NAMES),
  event: z.record(z.string(), z.unknown()),
});

/**
 * Events for the child: each becomes one line of JSON, none is logged here.
 * @param write takes the line, without a line end; usually to the child's standard output, which the parent reads by line
 */
export function createEventRelay(write: (line: string) => void): AppEvents {
  const relay = (name: EventName) => (event: object) => {
    const plain: Record<string, unknown> = { ...event };
    if (plain.cause !== undefined) plain.cause = describeError(plain.cause);
    write(JSON.stringify({ type: 'app-event', name, event: plain }));
  };
  return Object.fromEntries(NAMES.map((name) => [name, relay(name)])) as unknown as AppEvents;
}

/** For the parent: says the event of a line again. False: the line is something else, such as a line of the child's log. */
export function receiveRelayedEvent(events: AppEvents, line: string): boolean {
  if (!line.startsWith('{"type":"app-event"')) return false;
  const parsed = messageSchema.safeParse(parseJson(line));
  if (!parsed.success) return false;
  const { name, event } = parsed.data;
  const cause = event.cause === undefined ? {} : { cause: toError(event.cause as DescribedError) };
  const say = events[name] as (event: Record<string, unknown>) => void;
  say({ ...event, ...cause });
  return true;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function toError({ type, message, code, stack, cause }: DescribedError): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause: toError(cause) });
  error.name = type;
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
