/** Opens the port with limits against slow and broken clients, and closes it without cutting answers short. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { toProblem } from '../domain/problem.js';

export interface ListenOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** For the head of a request, milliseconds. */
  headersTimeoutMs?: number;
  /** For a whole request, a large upload over a slow line included, milliseconds. */
  requestTimeoutMs?: number;
  /** A body that brings less than `minimumBodyBytes` in this time is cut off, milliseconds. */
  bodyWindowMs?: number;
  minimumBodyBytes?: number;
  maxConnections?: number;
}

export interface Listening {
  server: Server;
  /** Base address without a trailing slash, with the real port. */
  url: string;
  /** Takes no new connection, waits for running requests at most `graceMs`, then cuts them. Safe to call twice. */
  close(graceMs: number): Promise<void>;
}

/** @throws AppError `configuration_invalid` when the address cannot be taken */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listening> {
  const { host, port, headersTimeoutMs = 15_000, requestTimeoutMs = 30 * 60_000 } = options;
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(5000, headersTimeoutMs),
      // Above the 60 s that load balancers keep idle connections, so that they close first.
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16 * 1024,
    },
    app,
  );
  server.maxConnections = options.maxConnections ?? 2000;
  server.on('clientError', answerBrokenRequest);
  const quiet = watchQuietSockets(server);
  const stopWatching = cutSlowBodies(server, {
    windowMs: options.bodyWindowMs ?? 30_000,
    minimumBytes: options.minimumBodyBytes ?? 3000,
  });
  await bind(server, { host, port });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  let closing: Promise<void> | null = null;
  return {
    server,
    url: `http://${name}:${address.port}`,
    close: (graceMs) => {
      closing ??= closeServer(server, quiet, graceMs).finally(stopWatching);
      return closing;
    },
  };
}

function bind(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toBindError(error, { host, port })));
    server.listen(port, host, resolve);
  });
}

function toBindError(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): AppError {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is already in use: stop the other program or set PORT to a free one.`,
    EACCES: `Port ${port} may not be opened by this user: set PORT to one above 1023.`,
    EADDRNOTAVAIL: `HOST ${host} is not an address of this machine.`,
    ENOTFOUND: `HOST ${host} is not an address of this machine.`,
  };
  const sentence = reasons[error.code ?? ''] ?? `The server cannot listen on ${host}, port ${port}.`;
  return new AppError('configuration_invalid', sentence, { cause: error });
}

async function closeServer(server: Server, quiet: QuietSockets, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  quiet.destroyAll();
  // Connections that become quiet later must go too, or they would hold the close until their keep-alive ends.
  const sweep = setInterval(() => quiet.destroyAll(), 100);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

interface QuietSockets {
  /** Ends every connection that carries no request now. */
  destroyAll(): void;
}

/**
 * Knows the connections without a request under way. `closeIdleConnections` of Node leaves those alone that have not sent
 * a request yet, such as one that a client opened in advance.
 */
function watchQuietSockets(server: Server): QuietSockets {
  const requests = new Map<Socket, number>();
  const count = (socket: Socket, change: number): void => {
    const before = requests.get(socket);
    if (before !== undefined) requests.set(socket, before + change);
  };
  server.on('connection', (socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  server.on('request', (request, response) => {
    count(request.socket, 1);
    response.once('close', () => count(request.socket, -1));
  });
  return {
    destroyAll() {
      for (const [socket, running] of requests) if (running === 0) socket.destroy();
    },
  };
}

/** Requests whose body does not come forward hold a socket and a handler: a minimum rate ends them. */
function cutSlowBodies(
  server: Server,
  { windowMs, minimumBytes }: { windowMs: number; minimumBytes: number },
): () => void {
  const open = new Map<IncomingMessage, { bytes: number; since: number }>();
  server.on('request', (request) => {
    if (request.complete) return;
    open.set(request, { bytes: request.socket.bytesRead, since: performance.now() });
  });
  const check = (): void => {
    for (const [request, mark] of open) {
      const now = performance.now();
      if (request.complete || request.socket.destroyed) open.delete(request);
      else if (request.socket.bytesRead - mark.bytes >= minimumBytes || request.isPaused()) {
        open.set(request, { bytes: request.socket.bytesRead, since: now });
      } else if (now - mark.since >= windowMs) request.socket.destroy();
    }
  };
  const timer = setInterval(check, Math.max(50, windowMs / 6));
  timer.unref();
  return () => clearInterval(timer);
}

/** Requests that are not HTTP never reach the application; they get the same kind of answer. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable || (socket as Socket).bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const problem = tooLarge
    ? toProblem(new AppError('payload_too_large', 'The head of the request is too large.'), newId('req'))
    : toProblem(
        new AppError(
          'invalid_request',
          late ? 'The request did not arrive in time.' : 'This is not a valid HTTP request.',
        ),
        newId('req'),
      );
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${tooLarge ? 'Content Too Large' : 'Bad Request'}\r\n` +
      'Content-Type: application/problem+json; charset=utf-8\r\n' +
      `X-Request-Id: ${problem.instance}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
