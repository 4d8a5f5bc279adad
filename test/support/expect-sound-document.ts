/** The promises of ParsedDocument, checked: what every parser must keep for every input. */
import { expect } from 'vitest';
import type { ParsedDocument, ParsedPage } from '../../src/domain/parsed-document.js';

/** NUL and other controls but tab and line end, tag characters, lone surrogates, non-characters. */
const NOISE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for control characters is the purpose
  /[\x00-\x08\x0B-\x1F\x7F-\x9F\uFEFF\u{E0000}-\u{E007F}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** Fails unless pages are numbered from 1 and every page's text is clean, its blocks ordered, apart and inside. */
export function expectSoundDocument(parsed: ParsedDocument): void {
  expect(parsed.pages.length).toBeGreaterThan(0);
  expect(parsed.pages.map((page) => page.number)).toEqual(parsed.pages.map((_page, index) => index + 1));
  if (!parsed.paged) expect(parsed.pages).toHaveLength(1);
  if (parsed.title !== null) {
    expect(parsed.title).toBe(parsed.title.trim());
    expect(parsed.title).not.toBe('');
    expect(NOISE.test(parsed.title)).toBe(false);
  }
  for (const page of parsed.pages) expectSoundPage(page);
}

function expectSoundPage(page: ParsedPage): void {
  expect(NOISE.test(page.text)).toBe(false);
  expect(page.status === 'text').toBe(page.text.trim() !== '');
  expect(page.reason === null).toBe(page.status === 'text');
  if (page.status === 'text') expect(page.blocks.length).toBeGreaterThan(0);
  let last = 0;
  for (const block of page.blocks) {
    expect(block.start).toBeGreaterThanOrEqual(last);
    expect(block.end).toBeGreaterThan(block.start);
    expect(block.end).toBeLessThanOrEqual(page.text.length);
    const slice = page.text.slice(block.start, block.end);
    expect(slice.trim()).not.toBe('');
    expect(slice).toBe(slice.trimEnd());
    expect(page.text.slice(last, block.start).trim()).toBe('');
    if (block.headerEnd !== undefined) {
      expect(block.headerEnd).toBeGreaterThan(block.start);
      expect(block.headerEnd).toBeLessThanOrEqual(block.end);
    }
    if (block.kind === 'heading') expect(block.level).toBeGreaterThanOrEqual(1);
    last = block.end;
  }
  expect(page.text.slice(last).trim()).toBe('');
}
