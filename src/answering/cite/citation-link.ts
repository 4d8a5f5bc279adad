import type { LinkToCitation } from './build-citation.js';

/**
 * Links to the page that shows a document's stored text with the quote marked (`GET /documents/:id`). `publicUrl` gives
 * the server's address without a trailing slash; it is asked each time, because a server learns its port when it listens.
 */
export function createCitationLink(publicUrl: () => string): LinkToCitation {
  return ({ documentId, version, page, start, end }) => {
    const query = new URLSearchParams({
      version: String(version),
      page: String(page ?? 1),
      start: String(start),
      end: String(end),
    });
    return `${publicUrl()}/documents/${encodeURIComponent(documentId)}?${query}#quote`;
  };
}
