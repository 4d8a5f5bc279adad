/**
 * What is measured, as Prometheus metrics; docs/metrics.md lists the same. Labels come from closed sets (statuses, codes,
 * route patterns, configured models): never a tenant, an id, a file name or a question.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const FAST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const SLOW_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];

export interface MetricsOptions {
  version: string;
  /** Also measure this process: memory, processor, event loop, garbage collection. */
  processMetrics?: boolean;
}

/** All metrics of one process, in a registry of its own. */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics({ version, processMetrics = true }: MetricsOptions) {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'footnote_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);
  return {
    ...httpMetrics(registers),
    ...libraryMetrics(registers),
    ...answerMetrics(registers),
    ...processTreeMetrics(registers),
    /** Names of all metrics of our own, sorted; those of the runtime (`process_…`, `nodejs_…`) are prom-client's. */
    names: (): string[] =>
      registry
        .getMetricsAsArray()
        .map(({ name }) => name)
        .filter((name) => !/^(process|nodejs)_/.test(name))
        .sort(),
    /** Shows the number of jobs by status, asked for at each scrape; a queue that cannot be asked shows nothing. */
    watchJobs: (counts: () => Promise<Record<string, number>>): void => {
      registry.removeSingleMetric('footnote_jobs');
      registry.registerMetric(jobsGauge(counts));
    },
    /** Everything in Prometheus' text format. */
    render: async (): Promise<{ contentType: string; text: string }> => ({
      contentType: registry.contentType,
      text: await registry.metrics(),
    }),
  };
}

function jobsGauge(counts: () => Promise<Record<string, number>>): Gauge<'status'> {
  return new Gauge({
    name: 'footnote_jobs',
    help: 'Background jobs by status.',
    labelNames: ['status'],
    registers: [],
    async collect() {
      this.reset();
      const byStatus = await counts().catch(() => ({}));
      for (const [status, count] of Object.entries(byStatus)) this.set({ status }, count);
    },
  });
}

function httpMetrics(registers: Registry[]) {
  return {
    httpRequests: new Counter({
      name: 'http_requests_total',
      help: 'Requests that are over.',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    httpDuration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of a request to the end of its response, streams included.',
      labelNames: ['method', 'route'],
      buckets: FAST_SECONDS,
      registers,
    }),
    httpAborted: new Counter({
      name: 'http_requests_aborted_total',
      help: 'Requests whose client left before the response was complete.',
      labelNames: ['route'],
      registers,
    }),
  };
}

function libraryMetrics(registers: Registry[]) {
  return {
    documentsAccepted: new Counter({
      name: 'footnote_documents_accepted_total',
      help: 'Uploads taken, by whether the same content was there already.',
      labelNames: ['duplicate'],
      registers,
    }),
    bytesAccepted: new Counter({
      name: 'footnote_document_bytes_total',
      help: 'Bytes of the documents taken.',
      registers,
    }),
    documentsIngested: new Counter({
      name: 'footnote_documents_ingested_total',
      help: 'Document versions that became ready.',
      registers,
    }),
    passagesPublished: new Counter({
      name: 'footnote_passages_published_total',
      help: 'Passages of the versions that became ready.',
      registers,
    }),
    ingestDuration: new Histogram({
      name: 'footnote_ingest_duration_seconds',
      help: 'Working time from parse to publish of a version that became ready.',
      buckets: SLOW_SECONDS,
      registers,
    }),
    documentsFailed: new Counter({
      name: 'footnote_documents_failed_total',
      help: 'Document versions that failed for good.',
      labelNames: ['code'],
      registers,
    }),
    documentsRemoved: new Counter({
      name: 'footnote_documents_removed_total',
      help: 'Documents removed from every store.',
      registers,
    }),
    jobsRetried: new Counter({
      name: 'footnote_jobs_retried_total',
      help: 'Attempts of jobs that will be repeated.',
      labelNames: ['kind', 'code'],
      registers,
    }),
    jobsDead: new Counter({
      name: 'footnote_jobs_dead_total',
      help: 'Jobs given up for good.',
      labelNames: ['kind', 'code'],
      registers,
    }),
  };
}

function answerMetrics(registers: Registry[]) {
  return {
    searches: new Counter({
      name: 'footnote_searches_total',
      help: 'Searches, those of questions included.',
      labelNames: ['mode'],
      registers,
    }),
    searchDuration: new Histogram({
      name: 'footnote_search_duration_seconds',
      help: 'Time of a search.',
      labelNames: ['mode'],
      buckets: FAST_SECONDS,
      registers,
    }),
    hitsDropped: new Counter({
      name: 'footnote_hits_dropped_total',
      help: 'Index hits that SQL did not confirm. Rising steadily: run `footnote doctor`.',
      labelNames: ['leg'],
      registers,
    }),
    answers: new Counter({
      name: 'footnote_answers_total',
      help: 'Answers that are over.',
      labelNames: ['model', 'status', 'refused', 'degraded', 'grounded'],
      registers,
    }),
    answerDuration: new Histogram({
      name: 'footnote_answer_duration_seconds',
      help: 'Time from the question to the end of its answer.',
      labelNames: ['model'],
      buckets: FAST_SECONDS,
      registers,
    }),
    citationsDropped: new Counter({
      name: 'footnote_citations_dropped_total',
      help: 'Addresses cited by a model that do not exist.',
      registers,
    }),
    modelFailures: new Counter({
      name: 'footnote_model_failures_total',
      help: 'Failed model calls.',
      labelNames: ['model', 'code'],
      registers,
    }),
  };
}

function processTreeMetrics(registers: Registry[]) {
  return {
    childProcessUp: new Gauge({
      name: 'footnote_child_process_up',
      help: '1 while the child process runs.',
      labelNames: ['name'],
      registers,
    }),
    childProcessChanges: new Counter({
      name: 'footnote_child_process_changes_total',
      help: 'Starts, exits and restarts of child processes.',
      labelNames: ['name', 'state'],
      registers,
    }),
  };
}
