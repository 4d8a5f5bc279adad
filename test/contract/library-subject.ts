/** What the contract suites of the library's stores run on, and the sample data they use. */
import { randomBytes } from 'node:crypto';
import { newId } from '../../src/domain/ids.js';
import type { ParsedPage } from '../../src/domain/parsed-document.js';
import type { Chunk } from '../../src/domain/passage.js';
import type { CollectionStore } from '../../src/domain/ports/collection-store.js';
import type { AcceptedFile, DocumentStore, PassageReader } from '../../src/domain/ports/document-store.js';
import type { IngestStore, IngestTarget, RemovalStore } from '../../src/domain/ports/ingest-store.js';
import type { JobLease } from '../../src/domain/ports/job-queue.js';

export interface LibrarySubject {
  collections: CollectionStore;
  documents: DocumentStore;
  passages: PassageReader;
  ingest: IngestStore;
  removal: RemovalStore;
  /** Takes the newest queued or running job of a document; an earlier lease of it is lost. */
  takeJob(documentId: string): Promise<JobLease | null>;
  /** Marks a job dead. */
  buryJob(lease: JobLease, error: { code: string; detail: string }): Promise<void>;
  /** The document's jobs, oldest first. */
  listJobs(documentId: string): Promise<{ kind: string; status: string; payload: unknown }[]>;
  close(): Promise<void>;
}

/** A tenant that no other test uses. */
export function newTenant(): string {
  return `tenant-${randomBytes(6).toString('hex')}`;
}

/** A file that is like no other. */
export function sampleFile(
  place: { tenantId: string; collectionId: string },
  change: Partial<AcceptedFile> = {},
): AcceptedFile {
  return {
    ...place,
    documentId: newId('doc'),
    title: 'Travel policy',
    filename: 'travel-policy.pdf',
    mediaType: 'application/pdf',
    bytes: 1234,
    sha256: randomBytes(32).toString('hex'),
    blobKey: randomBytes(8).toString('hex'),
    externalId: null,
    metadata: {},
    acl: null,
    ...change,
  };
}

export const samplePages: ParsedPage[] = [
  {
    number: 1,
    label: 'i',
    status: 'text',
    reason: null,
    text: 'Travel policy\n\nFlights are booked by the office. 😀 Hotels cost 120 € at most.',
    blocks: [
      { kind: 'heading', start: 0, end: 13, level: 1 },
      { kind: 'paragraph', start: 15, end: 80 },
    ],
  },
  { number: 2, label: null, status: 'empty', reason: 'The page holds no text.', text: '', blocks: [] },
  { number: 3, label: '1', status: 'text', reason: null, text: 'Trains are preferred.', blocks: [] },
];

function chunkOf(page: ParsedPage, ordinal: number, range: [number, number]): Chunk {
  const [start, end] = range;
  return {
    ordinal,
    page: page.number,
    start,
    end,
    text: page.text.slice(start, end),
    heading: ['Travel policy'],
    context: 'Item',
  };
}

const [first, , third] = samplePages as [ParsedPage, ParsedPage, ParsedPage];

export const sampleChunks: Chunk[] = [
  chunkOf(first, 0, [15, 51]),
  chunkOf(first, 1, [51, first.text.length]),
  chunkOf(third, 2, [0, third.text.length]),
];

export const sampleTimings = { parseMs: 1, chunkMs: 2.5, embedMs: 3, publishMs: 4 };

/** Takes the document's job and finds what it works on. */
export async function startIngest(
  subject: LibrarySubject,
  documentId: string,
  version = 1,
): Promise<{ lease: JobLease; target: IngestTarget }> {
  const lease = await subject.takeJob(documentId);
  const target = await subject.ingest.findTarget(documentId, version);
  if (lease === null || target === null) throw new Error('there is nothing to ingest');
  return { lease, target };
}

/** A tenant with its default collection and one document that is ready. */
export async function publishedDocument(
  subject: LibrarySubject,
  options: { tenantId?: string; paged?: boolean; file?: Partial<AcceptedFile> } = {},
) {
  const tenantId = options.tenantId ?? newTenant();
  const { id: collectionId } = await subject.collections.ensureDefault(tenantId);
  const file = sampleFile({ tenantId, collectionId }, options.file);
  await subject.documents.accept(file);
  const { lease, target } = await startIngest(subject, file.documentId);
  const paged = options.paged ?? true;
  const pages = paged ? samplePages : samplePages.slice(0, 1);
  const chunks = paged ? sampleChunks : sampleChunks.slice(0, 2);
  await subject.ingest.begin(lease, target);
  await subject.ingest.savePages(lease, target, { pages, paged, title: null, language: 'en' });
  await subject.ingest.saveChunks(lease, target, chunks);
  await subject.ingest.publish(lease, target, { timings: sampleTimings, indexedLength: 30.5 });
  return { tenantId, collectionId, documentId: file.documentId, lease, target, file };
}
