import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/domain/errors.js';
import type { AppEvents } from '../../../src/domain/ports/events.js';
import { createEventRelay, receiveRelayedEvent } from '../../../src/infra/telemetry/event-relay.js';
import { createAppEvents } from '../../../src/infra/telemetry/events.js';
import { createLogger, describeError } from '../../../src/infra/telemetry/logger.js';
import { createMetrics } from '../../../src/infra/telemetry/metrics.js';
import { createRequestLog } from '../../../src/infra/telemetry/request-log.js';
import { scrub } from '../../../src/infra/telemetry/scrub.js';
import { createFakeEvents } from '../../fakes/fake-events.js';

function collect() {
  let written = '';
  const logger = createLogger({
    level: 'trace',
    name: 'test',
    destination: {
      write: (line: string) => {
        written += line;
      },
    },
  });
  const metrics = createMetrics({ version: '1.0.0', processMetrics: false });
  return {
    logger,
    metrics,
    raw: () => written,
    lines: () =>
      written
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

/** Says each event once. */
function sayAll(events: AppEvents): void {
  const cause = new Error('401 with Bearer abcdefghijkl and sk-secretsecret');
  events.documentAccepted({ documentId: 'doc_1', bytes: 10, mediaType: 'text/plain', duplicate: false });
  events.documentIngested({ documentId: 'doc_1', version: 1, passages: 3, totalMs: 1500 });
  events.documentFailed({ documentId: 'doc_2', version: 1, code: 'corrupt' });
  events.documentRemoved({ documentId: 'doc_1', passages: 3, vectors: 3 });
  events.jobRetried({ jobId: 'job_1', kind: 'ingest-document', attempt: 1, code: 'search_unavailable', cause });
  events.jobDead({ jobId: 'job_1', kind: 'ingest-document', code: 'job_abandoned' });
  events.searched({ mode: 'hybrid', hits: 8, dropped: 0, totalMs: 12 });
  events.hitsDropped({ leg: 'vector', count: 2 });
  events.questionAnswered({
    answerId: 'ans_1',
    model: 'extractive',
    refused: false,
    degraded: true,
    grounded: true,
    totalMs: 20,
    status: 'completed',
  });
  events.citationDropped({ answerId: 'ans_1', count: 4 });
  events.modelFailed({ model: 'openai:x', code: 'model_unavailable', cause });
  events.childProcess({ name: 'chroma', state: 'started', pid: 7, detail: 'postgres://user:pass@host/db' });
}

describe('createAppEvents', () => {
  it('feeds log and metrics from one call', async () => {
    const sinks = collect();
    sayAll(createAppEvents(sinks));
    expect(sinks.lines().map(({ event }) => event)).toEqual([
      'document-accepted',
      'document-ingested',
      'document-failed',
      'document-removed',
      'job-retried',
      'job-dead',
      'searched',
      'hits-dropped',
      'question-answered',
      'citation-dropped',
      'model-failed',
      'child-process',
    ]);
    const { text } = await sinks.metrics.render();
    for (const line of [
      'footnote_documents_accepted_total{duplicate="false"} 1',
      'footnote_document_bytes_total 10',
      'footnote_documents_ingested_total 1',
      'footnote_passages_published_total 3',
      'footnote_ingest_duration_seconds_sum 1.5',
      'footnote_documents_failed_total{code="corrupt"} 1',
      'footnote_documents_removed_total 1',
      'footnote_jobs_retried_total{kind="ingest-document",code="search_unavailable"} 1',
      'footnote_jobs_dead_total{kind="ingest-document",code="job_abandoned"} 1',
      'footnote_searches_total{mode="hybrid"} 1',
      'footnote_hits_dropped_total{leg="vector"} 2',
      'footnote_answers_total{model="extractive",status="completed",refused="false",degraded="true",grounded="true"} 1',
      'footnote_citations_dropped_total 4',
      'footnote_model_failures_total{model="openai:x",code="model_unavailable"} 1',
      'footnote_child_process_up{name="chroma"} 1',
      `footnote_build_info{version="1.0.0",node="${process.version}"} 1`,
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it('keeps secrets of causes and details out of the log', () => {
    const sinks = collect();
    sayAll(createAppEvents(sinks));
    expect(sinks.raw()).toContain('"cause"');
    expect(sinks.raw()).not.toMatch(/abcdefghijkl|secretsecret|user:pass/);
  });
});

describe('the event relay', () => {
  it('says in the parent what the child said, causes included', () => {
    const atHome = createFakeEvents();
    const relayed = createFakeEvents();
    sayAll(atHome);
    const lines: string[] = [];
    sayAll(createEventRelay((line) => lines.push(line)));
    for (const line of lines) expect([line.includes('\n'), receiveRelayedEvent(relayed, line)]).toEqual([false, true]);
    const withoutCause = ({ name, event }: (typeof atHome.recorded)[number]) => ({
      name,
      event: { ...event, cause: null },
    });
    expect(relayed.recorded.map(withoutCause)).toEqual(atHome.recorded.map(withoutCause));
    const cause = relayed.of('modelFailed')[0]?.cause;
    expect(cause).toBeInstanceOf(Error);
    expect(String(cause)).toBe('Error: 401 with Bearer [redacted] and sk-[redacted]');
  });

  it('leaves other lines alone', () => {
    const events = createFakeEvents();
    const others = [
      '',
      'ready',
      '{"level":"info"}',
      '{"type":"app-event"',
      '{"type":"app-event","name":"constructor","event":{}}',
    ];
    for (const line of others) {
      expect(receiveRelayedEvent(events, line)).toBe(false);
    }
    expect(events.recorded).toEqual([]);
  });
});

describe('createRequestLog', () => {
  const finished = {
    requestId: 'req_1',
    method: 'GET',
    route: '/api/v1/documents/:id',
    status: 200,
    ms: 12,
    bytes: 100,
    aborted: false,
    tenantId: 'acme',
    keyId: 'key_1',
  };

  it('writes one line a request and counts by pattern, never by tenant', async () => {
    const sinks = collect();
    const log = createRequestLog(sinks);
    log.requestFinished(finished);
    log.requestFinished({ ...finished, method: 'EVIL1234', status: 500, aborted: true });
    expect(sinks.lines()[0]).toMatchObject({ level: 'info', event: 'request', ...finished });
    expect(sinks.lines()[1]).toMatchObject({ level: 'error' });
    const { text } = await sinks.metrics.render();
    expect(text).toContain('http_requests_total{method="GET",route="/api/v1/documents/:id",status="200"} 1\n');
    expect(text).toContain('http_requests_total{method="other",route="/api/v1/documents/:id",status="500"} 1\n');
    expect(text).toContain('http_requests_aborted_total{route="/api/v1/documents/:id"} 1\n');
    expect(text).not.toMatch(/acme|EVIL/);
  });

  it('writes a failure with its causes', () => {
    const sinks = collect();
    const error = new AppError('search_unavailable', 'x', {
      cause: new Error('inner', { cause: new Error('innermost') }),
    });
    createRequestLog(sinks).requestFailed({
      requestId: 'req_1',
      method: 'GET',
      route: '/x',
      code: 'search_unavailable',
      error,
    });
    expect(sinks.lines()[0]).toMatchObject({
      level: 'error',
      err: { code: 'search_unavailable', cause: { message: 'inner', cause: { message: 'innermost' } } },
    });
    expect(sinks.raw()).toContain('telemetry.test.ts');
  });
});

describe('the log', () => {
  it('redacts secrets and content wherever they stand', () => {
    const { logger, raw } = collect();
    const canary = 'canary-4711';
    logger.info({
      authorization: canary,
      question: canary,
      text: canary,
      request: { headers: { authorization: canary }, apiKey: canary, nested: { password: canary } },
      config: { secrets: { openaiApiKey: canary } },
      'x-api-key': canary,
    });
    expect(raw()).not.toContain(canary);
    expect(raw()).toContain('[redacted]');
  });

  it('keeps type, message, code, stack and causes of an error, and none of its own fields', () => {
    const error = Object.assign(new TypeError('boom'), { code: 'EX', headers: { authorization: 'Bearer canary' } });
    expect(describeError(error)).toEqual({ type: 'TypeError', message: 'boom', code: 'EX', stack: expect.any(String) });
    expect(describeError('text')).toEqual({ type: 'string', message: 'A value that is no error was thrown.' });
  });

  it('scrubs what looks like a secret out of foreign messages', () => {
    expect(scrub('Incorrect API key provided: sk-proj-abc123DEF456. See https://x.test/a')).toBe(
      'Incorrect API key provided: sk-[redacted]. See https://x.test/a',
    );
    expect(scrub('connect postgres://me:pw@db:5432/x')).toBe('connect postgres://[redacted]@db:5432/x');
    expect(scrub('api_key=abcdef123&x=1')).toBe('api_key=[redacted]&x=1');
    expect(scrub('x'.repeat(5000))).toHaveLength(2000);
  });
});

describe('docs/metrics.md', () => {
  it('lists every metric of our own with its type and labels, and no other', async () => {
    const metrics = createMetrics({ version: '1' });
    metrics.watchJobs(async () => ({ queued: 2 }));
    const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\w+) \|/gm)].map((match) => [match[1], match[2]]);
    const { text, contentType } = await metrics.render();
    const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => [match[1] as string, match[2]]));
    expect(rows).toEqual(metrics.names().map((name) => [name, types.get(name)]));
    expect(contentType).toContain('text/plain');
    expect(text).toContain('footnote_jobs{status="queued"} 2');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  });

  it('shows no jobs while the queue cannot be asked', async () => {
    const metrics = createMetrics({ version: '1', processMetrics: false });
    metrics.watchJobs(() => Promise.reject(new Error('down')));
    expect((await metrics.render()).text).not.toContain('footnote_jobs{');
  });
});
