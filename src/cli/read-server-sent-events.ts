/** One event of a stream, as the WHATWG HTML standard (section 9.2) frames it; comments are left out. */
export interface ServerSentEvent {
  id: string;
  event: string;
  data: string;
}

/** Reads `text/event-stream` from a response body. Ends with the stream. */
export async function* readServerSentEvents(response: Response): AsyncIterable<ServerSentEvent> {
  if (response.body === null) return;
  let buffer = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const frames = (buffer + text).split(/\r?\n\r?\n/);
    buffer = frames.pop() ?? '';
    for (const frame of frames) {
      const event = readFrame(frame);
      if (event.data !== '') yield event;
    }
  }
}

function readFrame(frame: string): ServerSentEvent {
  const event: ServerSentEvent = { id: '', event: 'message', data: '' };
  const data: string[] = [];
  for (const line of frame.split(/\r?\n/)) {
    const match = /^(id|event|data): ?(.*)$/.exec(line);
    if (match === null) continue;
    const [, field, value] = match as unknown as [string, 'id' | 'event' | 'data', string];
    if (field === 'data') data.push(value);
    else event[field] = value;
  }
  event.data = data.join('\n');
  return event;
}
