/**
 * One file becomes a document or its next version: kind from its bytes, blob stored durably, rows and job committed
 * together. Shared by the upload routes and the folder ingest. When this returns, the file is acknowledged and can no longer
 * be lost.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Document, Metadata } from '../domain/document.js';
import { AppError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { BlobStore } from '../domain/ports/blob-store.js';
import type { ChangeTarget, DocumentChange, DocumentWriter, VersionFile } from '../domain/ports/document-store.js';
import type { AppEvents } from '../domain/ports/events.js';
import type { Failpoint } from '../domain/ports/failpoint.js';
import { cleanFilename, titleFromFilename } from './clean-filename.js';
import { sniffMediaType } from './sniff-media-type.js';

/** A complete file of ours with what was learnt while writing it. */
export interface StoredUpload {
  path: string;
  size: number;
  sha256: string;
}

/** A file that lies complete on our disk; it is moved away on success. */
export interface IncomingFile {
  path: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
  /** As the client gave it. */
  filename: string;
  /** Known kind (JSON text); sniffed from the bytes when absent. */
  mediaType?: string | undefined;
}

export interface AcceptFileDeps {
  documents: Pick<DocumentWriter, 'accept' | 'addVersion'>;
  blobs: BlobStore;
  events: Pick<AppEvents, 'documentAccepted'>;
  failpoint: Failpoint;
}

/** A file that becomes a document, or the next version of the one that has its external id. */
export interface FileToAccept extends IncomingFile {
  tenantId: string;
  collectionId: string;
  title?: string | undefined;
  externalId?: string | undefined;
  metadata?: Metadata | undefined;
  acl?: string[] | undefined;
}

export type AcceptFile = (file: FileToAccept) => Promise<Document>;

/**
 * @throws AppError `document_empty`, `unsupported_media_type`, `type_mismatch`, `password_required`, `corrupt` for the
 *         file; `conflict` when it is a new version with the bytes of another document; `storage_full`,
 *         `storage_unavailable` for us
 */
export function createAcceptFile(deps: AcceptFileDeps): AcceptFile {
  return async function acceptFile(file) {
    const documentId = newId('doc');
    return await storeFile(deps, { file, blobKey: `${documentId}/1` }, (stored) =>
      deps.documents.accept({
        ...stored,
        documentId,
        tenantId: file.tenantId,
        collectionId: file.collectionId,
        title: file.title ?? titleFromFilename(stored.filename),
        externalId: file.externalId ?? null,
        metadata: file.metadata ?? {},
        acl: file.acl ?? null,
        given: { title: file.title, metadata: file.metadata, acl: file.acl },
      }),
    );
  };
}

export type AcceptVersion = (
  target: ChangeTarget,
  version: { file: IncomingFile; change: DocumentChange },
) => Promise<Document>;

/**
 * A file becomes the next version of a document; the same bytes again give the document with `duplicate`.
 * @throws AppError as {@link createAcceptFile}; also `not_found`, `precondition_failed`
 */
export function createAcceptVersion(deps: AcceptFileDeps): AcceptVersion {
  return async function acceptVersion(target, { file, change }) {
    const blobKey = `${target.documentId}/${randomUUID()}`;
    return await storeFile(deps, { file, blobKey }, async (stored) => {
      const added = await deps.documents.addVersion(target, { file: stored, change });
      if (added === null) throw new AppError('not_found', 'There is no such document.');
      return added;
    });
  };
}

/** Stores the blob, then lets `record` write the rows that name it; when they do not, the blob goes again. */
async function storeFile(
  deps: AcceptFileDeps,
  { file, blobKey }: { file: IncomingFile; blobKey: string },
  record: (stored: VersionFile) => Promise<{ document: Document; created: boolean }>,
): Promise<Document> {
  const { bytes, sha256 } = file;
  const filename = cleanFilename(file.filename);
  const mediaType = file.mediaType ?? (await sniffMediaType({ path: file.path, filename })).mediaType;
  await deps.blobs.putFile(blobKey, file.path);
  let named = false;
  try {
    await deps.failpoint('upload.before_commit');
    const { document, created } = await record({ filename, mediaType, bytes, sha256, blobKey });
    named = created;
    await deps.failpoint('upload.after_ack');
    deps.events.documentAccepted({ documentId: document.id, bytes, mediaType, duplicate: !created });
    return created ? document : { ...document, duplicate: true };
  } finally {
    if (!named) await deps.blobs.remove(blobKey).catch(() => false);
  }
}

/** Writes a stream of bytes to `path`, giving size and SHA-256 (lower-case hex). */
export async function writeHashed(source: NodeJS.ReadableStream, path: string): Promise<StoredUpload> {
  const hash = createHash('sha256');
  let size = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(source, counter, createWriteStream(path, { flags: 'wx' }));
  return { path, size, sha256: hash.digest('hex') };
}
