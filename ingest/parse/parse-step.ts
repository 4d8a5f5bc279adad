import { AppError } from '../../src/domain/errors.js';
import type { ParsedDocument } from '../../src/domain/parsed-document.js';
import type { BlobStore } from '../../src/domain/ports/blob-store.js';
import type { IngestStore } from '../../src/domain/ports/ingest-store.js';
import { detectLanguage } from '../../src/domain/text/detect-language.js';
import { DONE, type Step } from '../step.js';
import { hasText } from './parse-document.js';

/** Parses off the worker's event loop; see parse-in-thread.ts. */
export type ParseDocument = (input: {
  bytes: Uint8Array;
  mediaType: string;
  filename: string;
  signal: AbortSignal;
  onProgress: (done: number, total: number) => void;
}) => Promise<ParsedDocument>;

const LANGUAGE_SAMPLE = 4000;

/** Bytes -> pages with exact text. A document whose pages hold no text fails with `no_text`, its pages stay listed. */
export function createParseStep(deps: { blobs: BlobStore; store: IngestStore; parse: ParseDocument }): Step {
  return {
    name: 'parse',
    mark: 'parsed',
    async run({ lease, target, signal, reportProgress }) {
      await reportProgress({ stage: 'parse', done: 0, total: 0 });
      const bytes = await deps.blobs.read(target.blobKey);
      const parsed = await deps.parse({
        bytes,
        mediaType: target.mediaType,
        filename: target.filename,
        signal,
        onProgress: (done, total) => void reportProgress({ stage: 'parse', done, total }),
      });
      await deps.store.savePages(lease, target, {
        pages: parsed.pages,
        paged: parsed.paged,
        title: parsed.title,
        language: detectLanguage(sampleText(parsed)),
      });
      if (parsed.pages.length === 0) return { kind: 'fail', error: new AppError('no_pages', 'The file has no pages.') };
      if (hasText(parsed)) return DONE;
      return { kind: 'fail', error: new AppError('no_text', noTextSentence(parsed)) };
    },
  };
}

function sampleText(parsed: ParsedDocument): string {
  let sample = '';
  for (const page of parsed.pages) {
    sample += `${page.text.slice(0, LANGUAGE_SAMPLE)}\n`;
    if (sample.length >= LANGUAGE_SAMPLE) break;
  }
  return sample.slice(0, LANGUAGE_SAMPLE);
}

function noTextSentence(parsed: ParsedDocument): string {
  if (!parsed.paged) return 'The file holds no text.';
  const count = parsed.pages.length;
  return `None of the ${count} page${count === 1 ? '' : 's'} holds text that can be read; a scanned document needs text recognition first.`;
}
