/** One call for log and metrics: what happened is said once, here it becomes a line and a number. */
import type { AppEvents } from '../../domain/ports/events.js';
import type { Logger } from './logger.js';
import type { Metrics } from './metrics.js';
import { scrub } from './scrub.js';

export interface EventSinks {
  logger: Logger;
  metrics: Metrics;
}

export function createAppEvents(sinks: EventSinks): AppEvents {
  return { ...libraryEvents(sinks), ...jobEvents(sinks), ...answerEvents(sinks) };
}

type LibraryEvents = Pick<AppEvents, 'documentAccepted' | 'documentIngested' | 'documentFailed' | 'documentRemoved'>;

function libraryEvents({ logger, metrics }: EventSinks): LibraryEvents {
  return {
    documentAccepted: (event) => {
      logger.info({ event: 'document-accepted', ...event }, 'document accepted');
      metrics.documentsAccepted.inc({ duplicate: String(event.duplicate) });
      if (!event.duplicate) metrics.bytesAccepted.inc(event.bytes);
    },
    documentIngested: (event) => {
      const { passages, ...rest } = event;
      logger.info({ event: 'document-ingested', passageCount: passages, ...rest }, 'document ready');
      metrics.documentsIngested.inc();
      metrics.passagesPublished.inc(passages);
      metrics.ingestDuration.observe(event.totalMs / 1000);
    },
    documentFailed: (event) => {
      logger.warn({ event: 'document-failed', ...event }, 'document failed');
      metrics.documentsFailed.inc({ code: event.code });
    },
    documentRemoved: (event) => {
      const { passages, ...rest } = event;
      logger.info({ event: 'document-removed', passageCount: passages, ...rest }, 'document removed');
      metrics.documentsRemoved.inc();
    },
  };
}

function jobEvents({ logger, metrics }: EventSinks): Pick<AppEvents, 'jobRetried' | 'jobDead' | 'childProcess'> {
  return {
    jobRetried: (event) => {
      logger.warn({ event: 'job-retried', ...event }, 'job will be repeated');
      metrics.jobsRetried.inc({ kind: event.kind, code: event.code });
    },
    jobDead: (event) => {
      logger.error({ event: 'job-dead', ...event }, 'job given up');
      metrics.jobsDead.inc({ kind: event.kind, code: event.code });
    },
    childProcess: ({ name, state, pid, detail }) => {
      const level = state === 'exited' || state === 'restarting' ? 'warn' : 'info';
      const shown = detail === undefined ? {} : { detail: scrub(detail) };
      logger[level]({ event: 'child-process', child: name, childPid: pid, state, ...shown }, 'child process');
      metrics.childProcessUp.set({ name }, state === 'started' ? 1 : 0);
      metrics.childProcessChanges.inc({ name, state });
    },
  };
}

type AnswerEvents = Pick<
  AppEvents,
  'searched' | 'hitsDropped' | 'questionAnswered' | 'citationDropped' | 'modelFailed'
>;

function answerEvents({ logger, metrics }: EventSinks): AnswerEvents {
  return {
    searched: (event) => {
      logger.debug({ event: 'searched', ...event }, 'searched');
      metrics.searches.inc({ mode: event.mode });
      metrics.searchDuration.observe({ mode: event.mode }, event.totalMs / 1000);
    },
    hitsDropped: (event) => {
      logger.warn({ event: 'hits-dropped', ...event }, 'index hits that the database does not confirm were dropped');
      metrics.hitsDropped.inc({ leg: event.leg }, event.count);
    },
    questionAnswered: (event) => {
      logger.info({ event: 'question-answered', ...event }, 'question answered');
      metrics.answers.inc({
        model: event.model,
        status: event.status,
        refused: String(event.refused),
        degraded: String(event.degraded),
        grounded: String(event.grounded),
      });
      metrics.answerDuration.observe({ model: event.model }, event.totalMs / 1000);
    },
    citationDropped: (event) => {
      logger.info({ event: 'citation-dropped', ...event }, 'the model cited what does not exist');
      metrics.citationsDropped.inc(event.count);
    },
    modelFailed: (event) => {
      logger.warn({ event: 'model-failed', ...event }, 'model call failed');
      metrics.modelFailures.inc({ model: event.model, code: event.code });
    },
  };
}
