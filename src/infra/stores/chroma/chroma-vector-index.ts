/**
 * The vector index over a Chroma server: one Chroma collection a library collection, named `fn-<collection id>`. It holds
 * vectors, ids, and two scalars a vector (document id, version); no text. Filters are built here and never come from
 * outside; a delete always goes by explicit ids, because Chroma takes an empty filter for "everything".
 */
import type { Metadata } from 'chromadb';
import { AppError } from '../../../domain/errors.js';
import type { PassageVector, VectorHit, VectorIndex } from '../../../domain/ports/vector-index.js';
import {
  type CallChroma,
  type ChromaSession,
  createChromaCalls,
  isIndexDamage,
  isNotFound,
  withCollection,
} from './chroma-calls.js';
import { nearestInChroma, upsertIntoChroma } from './langchain-chroma.js';

export interface ChromaVectorIndexOptions {
  /** Base address of the server; asked for every call, because a restarted server listens elsewhere. */
  url(): string | Promise<string>;
  /** Limit of one search or other small call, retry included. */
  timeoutMs?: number;
  /** Limit of writing, listing or removing one batch. */
  batchTimeoutMs?: number;
  /** Vectors a request; Chroma takes 5461 at most. */
  batchSize?: number;
  /** Failed calls in a row after which calls fail at once, and for how long. */
  breakAfter?: number;
  breakForMs?: number;
  /** The files of this collection's index cannot be read: remove it and write it anew. Called at every such failure. */
  onDamage?(collectionId: string): void;
}

const PREFIX = 'fn-';
/** No library collection can have this name: their ids start with a type prefix. */
const PROBE_COLLECTION = 'fn-probe';
const PROBE_DIMENSION = 8;
const MAX_BATCH = 5460;
/** Keeps a request near 11 MB (base64, 5.3 bytes a value); the server refuses more than about 40 MB. */
const MAX_VALUES_PER_BATCH = 2_000_000;
const IDS_PER_REQUEST = 1000;

type Call = <T>(task: (session: ChromaSession) => Promise<T>) => Promise<T>;

/** The VectorIndex port over Chroma. Takes no connection until it is used. */
export function createChromaVectorIndex(options: ChromaVectorIndexOptions): VectorIndex {
  const call: CallChroma = createChromaCalls({
    url: options.url,
    breakAfter: options.breakAfter ?? 5,
    breakForMs: options.breakForMs ?? 2000,
  });
  const batchSize = Math.min(options.batchSize ?? 1000, MAX_BATCH);
  const quick: Call = (task) => call(options.timeoutMs ?? 3000, task);
  const slow: Call = (task) => call(options.batchTimeoutMs ?? 30_000, task);
  const reportDamage = (collectionId: string) => (error: unknown) => {
    if (error instanceof AppError && isIndexDamage(error.cause)) options.onDamage?.(collectionId);
    throw error;
  };
  return {
    async nearest({ collectionId, vector, limit }) {
      return nearest(quick, nameOf(collectionId), { vector, limit }).catch(reportDamage(collectionId));
    },
    async upsert(collectionId, vectors) {
      await upsert(slow, nameOf(collectionId), { vectors, batchSize }).catch(reportDamage(collectionId));
    },
    async removeDocument({ collectionId, documentId, version }) {
      const name = nameOf(collectionId);
      const rows = await listRows(slow, name, documentFilter(documentId, version));
      const ids = rows.map((row) => row.id);
      await removeIds(slow, name, ids);
      return ids.length;
    },
    async removeCollection(collectionId) {
      const name = nameOf(collectionId);
      await slow((session) => removeCollection(session, name));
    },
    async listIds(collectionId) {
      const rows = await listRows(slow, nameOf(collectionId));
      return rows.map(({ id, metadata }) => ({
        passageId: id,
        documentId: typeof metadata?.documentId === 'string' ? metadata.documentId : '',
        version: typeof metadata?.version === 'number' ? metadata.version : 0,
      }));
    },
    async count(collectionId) {
      const name = nameOf(collectionId);
      return (await slow((session) => withCollection(session, name, (collection) => collection.count()))) ?? 0;
    },
    listCollections: () => slow(listCollections),
    async removeIds(collectionId, passageIds) {
      await removeIds(slow, nameOf(collectionId), passageIds);
    },
    probe: () => probe(quick),
  };
}

/** The Chroma name of a library collection: 3 to 512 of `a-zA-Z0-9._-`, starting and ending with a letter or digit. */
function nameOf(collectionId: string): string {
  if (!/^[a-zA-Z0-9._-]{0,500}[a-zA-Z0-9]$/.test(collectionId) || `${PREFIX}${collectionId}` === PROBE_COLLECTION) {
    throw new AppError('internal_error', 'A collection id cannot be used as the name of an index.');
  }
  return PREFIX + collectionId;
}

function documentFilter(documentId: string, version: number | undefined) {
  const ofDocument = { documentId: { $eq: documentId } };
  return version === undefined ? ofDocument : { $and: [ofDocument, { version: { $eq: version } }] };
}

async function nearest(
  call: Call,
  name: string,
  { vector, limit }: { vector: number[]; limit: number },
): Promise<VectorHit[]> {
  if (limit < 1) return [];
  refuseBrokenVectors([vector]);
  const hits = await call((session) =>
    withCollection(session, name, (collection) =>
      nearestInChroma({ client: session.client, collection, name, vector, limit }),
    ),
  );
  return (hits ?? [])
    .filter((hit) => Number.isFinite(hit.similarity))
    .sort((a, b) => b.similarity - a.similarity || (a.passageId < b.passageId ? -1 : 1));
}

async function upsert(
  call: Call,
  name: string,
  { vectors, batchSize }: { vectors: PassageVector[]; batchSize: number },
): Promise<void> {
  refuseBrokenVectors(vectors.map(({ vector }) => vector));
  // Chroma refuses an id that comes twice in a batch; the last one counts, as it would in two batches.
  const unique = [...new Map(vectors.map((vector) => [vector.passageId, vector])).values()];
  const dimension = unique[0]?.vector.length ?? 1;
  const size = Math.max(1, Math.min(batchSize, Math.floor(MAX_VALUES_PER_BATCH / dimension)));
  for (const batch of slices(unique, size)) {
    await call((session) => upsertIntoChroma({ session, name, vectors: batch }));
  }
}

/** A vector with NaN or infinity would be stored as nulls, or spoil the distances of a whole answer. */
function refuseBrokenVectors(vectors: number[][]): void {
  const length = vectors[0]?.length ?? 1;
  for (const vector of vectors) {
    if (vector.length === 0 || vector.length !== length || !vector.every(Number.isFinite)) {
      throw new AppError(
        'embedding_failed',
        'A vector is empty, of another length, or holds a value that is no number.',
      );
    }
  }
}

async function removeCollection(session: ChromaSession, name: string): Promise<void> {
  session.collectionIds.delete(name);
  await session.client.deleteCollection({ name }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

/** All rows of a collection (or those that the filter fits), page by page; none when there is no such collection. */
async function listRows(call: Call, name: string, where?: ReturnType<typeof documentFilter>) {
  const rows: { id: string; metadata: Metadata | null | undefined }[] = [];
  for (let offset = 0; ; offset += IDS_PER_REQUEST) {
    const page = await call((session) =>
      withCollection(session, name, async (collection) =>
        (
          await collection.get({
            ...(where === undefined ? {} : { where }),
            limit: IDS_PER_REQUEST,
            offset,
            include: where === undefined ? ['metadatas'] : [],
          })
        ).rows(),
      ),
    );
    rows.push(...(page ?? []).map(({ id, metadata }) => ({ id, metadata })));
    if (page === null || page.length < IDS_PER_REQUEST) return rows;
  }
}

async function removeIds(call: Call, name: string, ids: string[]): Promise<void> {
  for (const batch of slices([...new Set(ids)], IDS_PER_REQUEST)) {
    await call((session) => withCollection(session, name, (collection) => collection.delete({ ids: batch })));
  }
}

async function listCollections({ client }: ChromaSession): Promise<string[]> {
  const names: string[] = [];
  for (let offset = 0; ; offset += IDS_PER_REQUEST) {
    const page = await client.listCollections({ limit: IDS_PER_REQUEST, offset });
    names.push(...page.map((collection) => collection.name));
    if (page.length < IDS_PER_REQUEST) break;
  }
  return names
    .filter((name) => name.startsWith(PREFIX) && name !== PROBE_COLLECTION)
    .map((name) => name.slice(PREFIX.length))
    .sort();
}

/**
 * Writes one of eight unit vectors and asks for it. The ids and vectors are always the same, so that any number of probes
 * (of several processes) may run at once and nothing piles up.
 */
async function probe(call: Call): Promise<void> {
  const axis = Math.floor(Math.random() * PROBE_DIMENSION);
  const vector = Array.from({ length: PROBE_DIMENSION }, (_, index) => (index === axis ? 1 : 0));
  const passageId = `probe-${axis}`;
  await upsert(call, PROBE_COLLECTION, {
    vectors: [{ passageId, documentId: 'probe', version: 1, vector }],
    batchSize: 1,
  });
  const [hit] = await nearest(call, PROBE_COLLECTION, { vector, limit: 1 });
  if (hit?.passageId !== passageId || hit.similarity < 0.999) {
    throw new AppError('search_unavailable', 'The vector index gave a wrong answer to a known question.', {
      retryAfterSeconds: 30,
    });
  }
}

function* slices<T>(items: T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
