import { z } from 'zod';
import type { StoredPage } from '../domain/document.js';
import { AppError } from '../domain/errors.js';
import type { DocumentReader } from '../domain/ports/document-store.js';
import { defineRoute, type Route } from '../http/route.js';
import { findDocument } from './find-or-404.js';
import { documentParams } from './route-shapes.js';

const viewerQuery = z.object({
  version: z.coerce.number().int().min(1).optional(),
  page: z.coerce.number().int().min(1).default(1),
  start: z.coerce.number().int().min(0).optional(),
  end: z.coerce.number().int().min(0).optional(),
});

const MAX_SHOWN = 200_000;

/** What a citation's `url` opens: the stored page text with the quote marked. Plain HTML without any script. */
export function viewerRoutes(deps: { documents: DocumentReader }): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/documents/:id',
      summary: 'Show a page of a document with a quote marked',
      tags: ['documents'],
      request: { params: documentParams, query: viewerQuery },
      responses: { 200: { description: 'An HTML page.', contentType: 'text/html' } },
      errors: ['not_found'],
      async handler({ params, query, principal, response }) {
        const document = await findDocument(deps.documents, principal, params.id);
        const page = await deps.documents.findPage(principal.tenantId, params.id, query.page);
        if (page === null) throw new AppError('not_found', 'There is no such page.');
        const changed = query.version !== undefined && query.version !== page.version;
        response.type('html').send(
          renderPage({
            title: document.title,
            pages: document.pages.total,
            page,
            mark: changed ? {} : query,
            changed,
          }),
        );
      },
    }),
  ];
}

interface View {
  title: string;
  pages: number;
  page: StoredPage;
  mark: { start?: number | undefined; end?: number | undefined };
  changed: boolean;
}

function renderPage({ title, pages, page, mark, changed }: View): string {
  const { start = 0, end = 0 } = mark;
  const text = page.text;
  const from = Math.max(0, start - MAX_SHOWN / 2);
  const quote =
    end > start && end <= text.length ? `<mark id="quote">${escapeHtml(text.slice(start, end))}</mark>` : '';
  const body =
    quote === ''
      ? escapeHtml(text.slice(0, MAX_SHOWN))
      : `${escapeHtml(text.slice(from, start))}${quote}${escapeHtml(text.slice(end, end + MAX_SHOWN / 2))}`;
  const where =
    pages > 1 ? `Page ${page.number}${page.label === null ? '' : ` (${escapeHtml(page.label)})`} of ${pages}` : '';
  const notice = changed
    ? '<p><strong>The document has changed since this was quoted; this is its present text.</strong></p>'
    : '';
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${where} <a href="/api/v1/documents/${escapeHtml(page.documentId)}/content">Original file</a></p>
${notice}
<pre style="white-space: pre-wrap">${body}</pre>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
