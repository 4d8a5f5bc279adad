/**
 * Composition root of the API: builds everything the routes need, from typed settings and running backends. The only file
 * of src that chooses adapters; tests replace parts by name.
 */
import { createAnswerQuestion } from './answering/answer-question.js';
import { createCitationLink } from './answering/cite/citation-link.js';
import { createChatAnswerer } from './answering/generate/chat-answerer.js';
import { createExtractiveAnswerer } from './answering/generate/extractive-answerer.js';
import type { Config } from './config/config.js';
import { type AnswerService, createAnswerService } from './conversations/answer-service.js';
import { type AcceptFile, type AcceptVersion, createAcceptFile, createAcceptVersion } from './documents/accept-file.js';
import { createDeleteDocument, type DeleteDocument } from './documents/delete-document.js';
import { claimIndex } from './domain/indexing/claim-index.js';
import type { ChatModel } from './domain/ports/chat-model.js';
import { systemClock } from './domain/ports/clock.js';
import type { Embedder } from './domain/ports/embedder.js';
import type { AppEvents } from './domain/ports/events.js';
import type { Reranker } from './domain/ports/reranker.js';
import type { SearchPassages } from './domain/ports/search.js';
import { createFailpoint } from './infra/failpoint.js';
import { type ChatModelProbe, createChatModelProbe } from './infra/providers/chat-model-probe.js';
import { createChatModel } from './infra/providers/chat-model-registry.js';
import { createEmbedder } from './infra/providers/embedder-registry.js';
import { createReranker } from './infra/providers/reranker-registry.js';
import type { Backends } from './infra/start-backends.js';
import { fusionWeights } from './retrieval/fusion-weights.js';
import { createSearchPassages } from './retrieval/search-passages.js';
import { createWeighTerms } from './retrieval/weigh-terms.js';

/** The providers that configuration chose. */
export interface Providers {
  embedder: Embedder;
  reranker: Reranker | null;
  /** Null: the built-in answerer answers. */
  chatModel: ChatModel | null;
}

/** Everything that routes and commands are made of. */
export interface AppContext extends Providers {
  config: Config;
  events: AppEvents;
  backends: Backends;
  search: SearchPassages;
  /** Null when the chat model cannot be checked, or there is none. */
  probeChatModel: ChatModelProbe | null;
  answers: AnswerService;
  acceptFile: AcceptFile;
  acceptVersion: AcceptVersion;
  deleteDocument: DeleteDocument;
}

export interface AppContextOptions {
  backends: Backends;
  events: AppEvents;
  /** Base of the links in citations; asked each time, because a server learns its port when it listens. */
  publicUrl: () => string;
  /** Replaces providers, for tests. */
  providers?: Partial<Providers>;
}

/**
 * @throws AppError `index_mismatch` when the index was built with another embedder; `configuration_invalid`,
 *         `model_unavailable` from the providers
 */
export async function createAppContext(config: Config, options: AppContextOptions): Promise<AppContext> {
  const { backends, events } = options;
  const { stores } = backends;
  const failpoint = createFailpoint(config.failpoints);
  const providers = { ...(await createProviders(config, events)), ...options.providers };
  await claimIndex(stores.manifest, providers.embedder);
  const search = createSearchPassages({
    ...stores,
    ...providers,
    vectors: backends.vectors,
    events,
    clock: systemClock,
    weights: fusionWeights(providers.embedder.id),
  });
  const answerQuestion = createAnswerQuestion({
    search,
    weighTerms: createWeighTerms(stores),
    passages: stores.passages,
    answerer: providers.chatModel === null ? null : createChatAnswerer({ model: providers.chatModel }),
    fallback: createExtractiveAnswerer(),
    linkTo: createCitationLink(options.publicUrl),
    clock: systemClock,
    events,
  });
  return {
    ...providers,
    config,
    events,
    backends,
    search,
    probeChatModel: createChatModelProbe(config.chat, config.secrets),
    answers: createAnswerService({
      answerQuestion,
      log: stores.answers,
      clock: systemClock,
      disconnectGraceMs: config.http.disconnectGraceMs,
    }),
    acceptFile: createAcceptFile({ ...stores, events, failpoint }),
    acceptVersion: createAcceptVersion({ ...stores, events, failpoint }),
    deleteDocument: createDeleteDocument({ documents: stores.documents, jobs: stores.queue }),
  };
}

/** The providers of the configuration. Vendor packages load only when they are chosen. */
export async function createProviders(config: Config, events: Pick<AppEvents, 'modelFailed'>): Promise<Providers> {
  const [embedder, chatModel] = await Promise.all([
    createEmbedder(config.embedding, config.secrets),
    createChatModel(config.chat, config.secrets, events),
  ]);
  return { embedder, chatModel, reranker: createReranker(config.rerank, config.secrets) };
}
