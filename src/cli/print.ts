/** What the commands show on a terminal. Colours only where the terminal wants them. */
import { styleText } from 'node:util';
import type { Answer, Citation } from '../domain/answer.js';
import type { Document } from '../domain/document.js';
import type { Passage } from '../domain/passage.js';

type Style = Parameters<typeof styleText>[0];

/** Exit codes of every command: fine, failed, called wrongly, done but with a negative result (refused, nothing found, unhealthy). */
export const EXIT = { ok: 0, error: 1, usage: 2, negative: 3 } as const;

/** `text` in a style when standard output is a terminal. */
export function styled(style: Style, text: string): string {
  return process.stdout.isTTY ? styleText(style, text) : text;
}

/** Where a citation or passage stands: title, page, heading. */
export function place(item: Pick<Citation, 'documentTitle' | 'page' | 'pageLabel' | 'heading'>): string {
  const page =
    item.page === null
      ? []
      : [
          `page ${item.page}${item.pageLabel === null || item.pageLabel === String(item.page) ? '' : ` (${item.pageLabel})`}`,
        ];
  const heading = item.heading.length === 0 ? [] : [item.heading.join(' > ')];
  return [item.documentTitle, ...page, ...heading].join(', ');
}

/** The list of citations below an answer, and what the server found when it checked it. */
export function answerFooter(answer: Answer): string {
  const lines = answer.citations.map(
    (citation) =>
      `${styled('cyan', `[${citation.marker}]`)} ${styled('bold', place(citation))}\n    "${flat(citation.quote)}"\n    ${styled('dim', citation.url)}`,
  );
  const supported = answer.sentences.filter((sentence) => sentence.support === 'supported').length;
  const claims = answer.sentences.filter((sentence) => sentence.support !== 'not-a-claim').length;
  const verdict = answer.refused
    ? styled('yellow', `Not answered: ${answer.refusalReason ?? 'refused'}.`)
    : `${supported} of ${claims} statements supported by their citations${answer.degraded ? styled('yellow', '; the model failed, these are the best sentences of the documents') : ''}.`;
  return [...lines, styled('dim', `${verdict} ${answer.model}, ${Math.round(answer.timings.totalMs)} ms.`)].join('\n');
}

/** One hit of a search. */
export function passageLine(passage: Passage, rank: number): string {
  return `${styled('cyan', `${rank}.`)} ${styled('bold', place(passage))} ${styled('dim', passage.score.toFixed(3))}\n   ${flat(passage.text).slice(0, 300)}`;
}

/** The state of a document in one line. */
export function documentLine(document: Document): string {
  if (document.status === 'failed')
    return `${styled('red', 'failed')} ${document.filename}: ${document.error?.detail ?? ''} (${document.error?.code ?? ''})`;
  const pages = document.pages.total > 0 ? `, ${document.pages.total} pages` : '';
  const state = document.status === 'ready' ? styled('green', 'ready ') : styled('yellow', document.status);
  return `${state} ${document.filename}: ${document.passages} passages${pages}${document.duplicate === true ? ' (already there)' : ''}  ${styled('dim', document.id)}`;
}

function flat(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
