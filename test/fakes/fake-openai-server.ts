/**
 * A real HTTP server that speaks OpenAI's wire format and misbehaves on demand. The model name says how:
 * `ok`, `slow=<ms>` (before the first token), `hang`, `stall@<n>` (silent after n chunks), `cut@<n>` (socket destroyed),
 * `cutclean@<n>` (stream ends without a finish reason), `length`, `filter`, `empty`, `401`, `404`, `429`, `500`,
 * `flaky=<n>` (n times 500, then ok), `badsse`, `badjson`, `hugeline`, `wrongdim`, `nan`, `short`,
 * `obey` (does what the documents say), `echo` (repeats the prompt), `script` (the text set by the test).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerFromPrompt, obeyPrompt } from './fake-openai-answers.js';

export interface RecordedCall {
  path: string;
  model: string;
  authorization: string | null;
  body: Record<string, unknown>;
}

export interface FakeOpenAiServer {
  /** Base URL, `/v1` included. */
  readonly url: string;
  /** Every request, in order. */
  readonly calls: RecordedCall[];
  /** Requests whose connection is open and unanswered. */
  openRequests(): number;
  /** What the model `script` says, and in how many characters a chunk. */
  script(text: string, options?: { chunkLength?: number; delayMs?: number }): void;
  /** `Retry-After` of the model `429`, in seconds. */
  retryAfter(seconds: number): void;
  close(): Promise<void>;
}

interface State {
  calls: RecordedCall[];
  open: number;
  text: string;
  chunkLength: number;
  delayMs: number;
  retryAfterSeconds: number;
}

/** Starts the server on a free loopback port. */
export async function startFakeOpenAiServer(): Promise<FakeOpenAiServer> {
  const state: State = { calls: [], open: 0, text: '', chunkLength: 7, delayMs: 0, retryAfterSeconds: 1 };
  const server = createServer((request, response) => {
    state.open += 1;
    response.once('close', () => {
      state.open -= 1;
    });
    serve(state, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls: state.calls,
    openRequests: () => state.open,
    script: (text, { chunkLength = 7, delayMs = 0 } = {}) => Object.assign(state, { text, chunkLength, delayMs }),
    retryAfter: (seconds) => {
      state.retryAfterSeconds = seconds;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
  const model = typeof body.model === 'string' ? body.model : 'ok';
  const path = request.url ?? '';
  state.calls.push({ path, model, authorization: request.headers.authorization ?? null, body });
  const slow = /^slow=(\d+)$/.exec(model)?.[1];
  if (slow !== undefined) await sleep(Number(slow));
  if (model === 'hang') return;
  if (refused(state, model, response)) return;
  if (path.endsWith('/embeddings')) sendEmbeddings(body, response);
  else if (path.endsWith('/rerank')) sendScores(body, response);
  else await sendChat(state, body, response);
}

function refused(state: State, model: string, response: ServerResponse): boolean {
  const flaky = /^flaky=(\d+)$/.exec(model)?.[1];
  const before = state.calls.filter((call) => call.model === model).length;
  const status = flaky !== undefined && before <= Number(flaky) ? 500 : /^\d{3}$/.test(model) ? Number(model) : null;
  if (status !== null) {
    if (status === 429) response.setHeader('retry-after', String(state.retryAfterSeconds));
    const error = { message: `Incorrect API key provided: ${state.calls.at(-1)?.authorization}`, type: 'fake' };
    sendJson(response, status, { error });
    return true;
  }
  if (model !== 'badjson') return false;
  response.setHeader('content-type', 'application/json');
  response.end('{"choices": [oops');
  return true;
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

/** A vector that depends on nothing but the text, 16 entries. */
function fakeVector(text: string, dimension: number): number[] {
  const vector = new Array<number>(dimension).fill(0.01);
  for (const [index, character] of Array.from(text).entries()) {
    const slot = ((character.codePointAt(0) ?? 0) * 31 + index) % dimension;
    vector[slot] = (vector[slot] ?? 0) + 1;
  }
  return vector;
}

function sendEmbeddings({ input, model }: Record<string, unknown>, response: ServerResponse): void {
  const texts = Array.isArray(input) ? (input as string[]) : [String(input)];
  const dimension = model === 'wrongdim' ? 17 : 16;
  const data: { object: string; index: number; embedding: (number | null)[] }[] = texts.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: fakeVector(text, dimension),
  }));
  if (model === 'nan' && data[0] !== undefined) data[0].embedding[3] = null;
  if (model === 'short') data.pop();
  sendJson(response, 200, { object: 'list', model, data, usage: { prompt_tokens: texts.length, total_tokens: 1 } });
}

function sendScores({ query, documents, texts, model }: Record<string, unknown>, response: ServerResponse): void {
  const candidates = (documents ?? texts) as string[];
  const words = new Set(String(query).toLowerCase().split(/\W+/));
  const results = candidates.map((text, index) => {
    const hits = text
      .toLowerCase()
      .split(/\W+/)
      .filter((word) => words.has(word)).length;
    return { index, relevance_score: hits / (words.size + 1) };
  });
  results.sort((one, other) => other.relevance_score - one.relevance_score);
  if (model === 'short') results.pop();
  if (model === 'nan') Object.assign(results[0] ?? {}, { relevance_score: null });
  const plain = results.map(({ index, relevance_score }) => ({ index, score: relevance_score }));
  sendJson(response, 200, texts === undefined ? { results } : plain);
}

async function sendChat(state: State, body: Record<string, unknown>, response: ServerResponse): Promise<void> {
  const model = String(body.model);
  const prompt = (body.messages as { content: string }[]).map(({ content }) => content).join('\n');
  const text = chatText(state, model, prompt);
  const usage = { prompt_tokens: Math.ceil(prompt.length / 4), completion_tokens: Math.ceil(text.length / 4) };
  const reasons: Record<string, string> = { length: 'length', filter: 'content_filter' };
  const reason = reasons[model] ?? 'stop';
  if (body.stream !== true) {
    const message = { role: 'assistant', content: text };
    sendJson(response, 200, { id: 'c', model, choices: [{ index: 0, message, finish_reason: reason }], usage });
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (value: unknown) =>
    response.write(`data: ${JSON.stringify({ id: 'c', model, object: 'c', ...(value as object) })}\n\n`);
  if (model === 'badsse') response.write('data: {"choices": [{"delta": oops}\n\n');
  if (model === 'hugeline') response.write(`data: ${'x'.repeat(3_000_000)}`);
  const stop = /^(cut|cutclean|stall)@(\d+)$/.exec(model);
  for (const [index, content] of cutText(text, state.chunkLength).entries()) {
    if (stop !== null && index >= Number(stop[2])) {
      if (stop[1] === 'cut') response.destroy();
      if (stop[1] === 'cutclean') response.end();
      return;
    }
    send({ choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] });
    if (state.delayMs > 0) await sleep(state.delayMs);
    if (response.destroyed) return;
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
  send({ choices: [], usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens } });
  response.end('data: [DONE]\n\n');
}

function chatText(state: State, model: string, prompt: string): string {
  if (model === 'script') return state.text;
  if (model === 'echo') return prompt;
  if (model === 'obey') return obeyPrompt(prompt);
  if (model === 'empty') return '';
  return answerFromPrompt(prompt);
}

function cutText(text: string, length: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += length) pieces.push(text.slice(start, start + length));
  return pieces;
}
