import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createAcceptFile, createAcceptVersion } from '../../src/documents/accept-file.js';
import { changeRoutes } from '../../src/documents/change-routes.js';
import { collectionRoutes } from '../../src/documents/collection-routes.js';
import { contentRoutes } from '../../src/documents/content-routes.js';
import { createDeleteDocument } from '../../src/documents/delete-document.js';
import { documentRoutes } from '../../src/documents/document-routes.js';
import { progressRoutes } from '../../src/documents/progress-routes.js';
import { uploadRoutes } from '../../src/documents/upload-routes.js';
import { viewerRoutes } from '../../src/documents/viewer-routes.js';
import { noFailpoint } from '../../src/domain/ports/failpoint.js';
import type { Principal } from '../../src/domain/principal.js';
import { createRunOnce } from '../../src/http/idempotency.js';
import { createFakeBlobStore } from '../fakes/fake-blob-store.js';
import { createFakeEvents } from '../fakes/fake-events.js';
import { createFakeIdempotencyStore } from '../fakes/fake-idempotency-store.js';
import { createFakeLibrary } from '../fakes/fake-library.js';
import { createFakeVectorIndex } from '../fakes/fake-vector-index.js';
import { serveRoutesInTest } from './http-server.js';

/** The library's routes over real sockets and in-memory stores, closed when the test ends. */
export async function serveLibrary({ maxFileBytes = 1_000_000, maxFiles = 20, waitMs = 5000 } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'footnote-library-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const library = createFakeLibrary();
  const blobs = createFakeBlobStore();
  const events = createFakeEvents();
  const vectors = createFakeVectorIndex();
  await library.collections.ensureDefault('default');
  await library.collections.ensureDefault('other');
  /** What uploads meet between the blob and the rows. */
  const failpoint = { act: noFailpoint };
  const accepting = { ...library, blobs, events, failpoint: (name: string) => failpoint.act(name) };
  const removed = { rows: 4, passages: 1, vectors: 1, blobs: 1, cachedAnswers: 0 };
  const deps = {
    ...library,
    blobs,
    vectors,
    acceptFile: createAcceptFile(accepting),
    acceptVersion: createAcceptVersion(accepting),
    runOnce: createRunOnce({ store: createFakeIdempotencyStore(), waitMs }),
    limits: { directory, maxFileBytes, maxFiles },
    // The worker is not part of this server: its removal job counts as done at once.
    deleteDocument: createDeleteDocument({
      documents: library.documents,
      jobs: {
        find: async (id) => ({
          id,
          kind: 'remove-document',
          status: 'done',
          attempts: 1,
          result: removed,
          error: null,
        }),
      },
    }),
  };
  let principal: Principal = { tenantId: 'default', keyId: 'local' };
  const server = await serveRoutesInTest(
    [
      ...collectionRoutes(deps),
      ...uploadRoutes(deps),
      ...documentRoutes(deps),
      ...changeRoutes(deps),
      ...contentRoutes(deps),
      ...progressRoutes(deps),
      ...viewerRoutes(deps),
    ],
    { authenticate: () => principal },
  );
  return {
    ...server,
    library,
    blobs,
    events,
    failpoint,
    /** From now on requests come from this tenant. */
    actAs(tenantId: string) {
      principal = { tenantId, keyId: 'key_test' };
    },
    /** Names of the files that uploads left lying around. */
    temporaryFiles: () => readdir(directory),
    upload(files: { name: string; content: string | Uint8Array }[], fields: Record<string, string> = {}, query = '') {
      const form = new FormData();
      for (const { name, content } of files) form.append('files', new Blob([content]), name);
      for (const [field, value] of Object.entries(fields)) form.append(field, value);
      return fetch(`${server.url}/api/v1/collections/default/documents${query}`, { method: 'POST', body: form });
    },
  };
}
