import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readServerSentEvents, type ServerSentEvent } from '../../src/cli/read-server-sent-events.js';
import { formatEvent } from '../../src/http/server-sent-events.js';

async function read(bytes: Uint8Array[]) {
  const response = new Response(ReadableStream.from(bytes));
  const events: ServerSentEvent[] = [];
  for await (const event of readServerSentEvents(response)) events.push(event);
  return events;
}

const encode = (text: string) => new TextEncoder().encode(text);

describe('readServerSentEvents', () => {
  it('reads ids, names and data and leaves comments out', async () => {
    const events = await read([
      encode(': hello\n\nid: 1\nevent: text-delta\ndata: {"text":"a"}\n\n'),
      encode(': beat\n\n'),
    ]);
    expect(events).toEqual([{ id: '1', event: 'text-delta', data: '{"text":"a"}' }]);
  });

  it('gives what the server wrote, wherever the stream is cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        async (payloads, cuts) => {
          const wire = encode(
            payloads.map((data, index) => formatEvent({ id: index + 1, event: 'text-delta', data })).join(''),
          );
          const places = [0, ...cuts.map((cut) => cut % (wire.length + 1)).sort((a, b) => a - b), wire.length];
          const pieces = places.slice(1).map((end, index) => wire.slice(places[index], end));
          const events = await read(pieces);
          expect(events.map((event) => JSON.parse(event.data) as unknown)).toEqual(payloads);
        },
      ),
      { numRuns: 50 },
    );
  });
});
