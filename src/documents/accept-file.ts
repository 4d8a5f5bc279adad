/**
 * One file becomes a document: kind from its bytes, blob stored durably, rows and job committed together. Shared by the
 * upload route and the folder ingest. When this returns, the document is acknowledged and can no longer be lost.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Document, Metadata } from '../domain/document.js';
import { newId } from '../domain/ids.js';
import type { BlobStore } from '../domain/ports/blob-store.js';
import type { DocumentWriter } from '../domain/ports/document-store.js';
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

export interface AcceptFileDeps {
  documents: DocumentWriter;
  blobs: BlobStore;
  events: Pick<AppEvents, 'documentAccepted'>;
  failpoint: Failpoint;
}

/** A file that lies complete on our disk; it is moved away on success. */
export interface FileToAccept {
  tenantId: string;
  collectionId: string;
  path: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
  /** As the client gave it. */
  filename: string;
  title?: string | undefined;
  externalId?: string | undefined;
  metadata?: Metadata | undefined;
  acl?: string[] | undefined;
  /** Known kind (JSON text); sniffed from the bytes when absent. */
  mediaType?: string | undefined;
}

export type AcceptFile = (file: FileToAccept) => Promise<Document>;

/**
 * @throws AppError `document_empty`, `unsupported_media_type`, `type_mismatch`, `password_required`, `corrupt` for the
 *         file; `storage_full`, `storage_unavailable` for us
 */
export function createAcceptFile(deps: AcceptFileDeps): AcceptFile {
  return async function acceptFile(file) {
    const filename = cleanFilename(file.filename);
    const mediaType = file.mediaType ?? (await sniffMediaType({ path: file.path, filename })).mediaType;
    const documentId = newId('doc');
    const blobKey = `${documentId}/1`;
    await deps.blobs.putFile(blobKey, file.path);
    try {
      await deps.failpoint('upload.before_commit');
      const { document, created } = await deps.documents.accept({
        documentId,
        tenantId: file.tenantId,
        collectionId: file.collectionId,
        title: file.title ?? titleFromFilename(filename),
        filename,
        mediaType,
        bytes: file.bytes,
        sha256: file.sha256,
        blobKey,
        externalId: file.externalId ?? null,
        metadata: file.metadata ?? {},
        acl: file.acl ?? null,
      });
      await deps.failpoint('upload.after_ack');
      if (!created) await deps.blobs.remove(blobKey);
      deps.events.documentAccepted({ documentId: document.id, bytes: file.bytes, mediaType, duplicate: !created });
      return created ? document : { ...document, duplicate: true };
    } catch (error) {
      await deps.blobs.remove(blobKey).catch(() => false);
      throw error;
    }
  };
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
