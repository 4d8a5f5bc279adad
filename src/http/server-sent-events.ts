/** Server-sent events (WHATWG HTML, section 9.2) with backpressure, heartbeat and an end for readers that do not read. */
import type { Request, Response } from 'express';

export interface ServerSentEvent {
  /** Becomes the `id:` line: what the client sends back as `Last-Event-ID`. */
  id?: number | string;
  event: string;
  /** Anything JSON can hold. */
  data: unknown;
}

export interface EventStream {
  /**
   * Writes one event and resolves when the client is ready for the next, or gone: watch `closed`. After the end it does
   * nothing.
   */
  send(event: ServerSentEvent): Promise<void>;
  /** Writes a comment line, which clients ignore; skipped while the client is behind. */
  comment(text?: string): void;
  /** Ends the stream in good order. */
  close(): void;
  /** Aborted when the stream is over, whoever ended it. */
  closed: AbortSignal;
}

export interface EventStreamOptions {
  /** Time between two comment lines, so that proxies do not think the stream dead. */
  heartbeatMs?: number;
  /** A client whose buffers stay full for this long is cut off. */
  slowReaderMs?: number;
}

/** Opens the stream: status 200 and the headers go out at once. */
export function openEventStream(
  request: Request,
  response: Response,
  { heartbeatMs = 15_000, slowReaderMs = 30_000 }: EventStreamOptions = {},
): EventStream {
  const controller = new AbortController();
  const closed = controller.signal;
  response.status(200);
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  response.setHeader('Cache-Control', 'no-cache, no-transform');
  response.setHeader('X-Accel-Buffering', 'no');
  request.socket.setNoDelay(true);
  response.flushHeaders();

  const comment = (text = ''): void => {
    if (!closed.aborted && !response.writableNeedDrain) response.write(`: ${text.replace(/[\r\n]+/g, ' ')}\n\n`);
  };
  const heartbeat = setInterval(comment, heartbeatMs);
  heartbeat.unref();
  const finish = (): void => {
    clearInterval(heartbeat);
    controller.abort();
  };
  response.once('close', finish);
  if (response.destroyed) finish();
  // A HEAD asks for the head alone; the stream behind it would never be read.
  if (request.method === 'HEAD') {
    response.end();
    finish();
  }

  return {
    closed,
    comment,
    close: () => {
      if (closed.aborted) return;
      response.end();
      finish();
    },
    send: async (event) => {
      if (closed.aborted) return;
      if (response.write(formatEvent(event))) return;
      await drained(response, slowReaderMs);
    },
  };
}

/**
 * One event in wire form: `data:` is a single line of JSON in which no line separator is left raw.
 * @throws TypeError for an event name or id that would break the frame
 */
export function formatEvent({ id, event, data }: ServerSentEvent): string {
  if (/[\r\n\0]/.test(`${event}${id ?? ''}`)) throw new TypeError('an event name or id holds a line break');
  const json = JSON.stringify(data)
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`;
}

/** Resolves at `drain` or `close`; destroys the response when neither comes in time. */
function drained(response: Response, slowReaderMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(() => response.destroy(), slowReaderMs);
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}
