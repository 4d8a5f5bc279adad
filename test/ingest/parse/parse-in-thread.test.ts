import { describe, expect, it } from 'vitest';
import { createParseInThread } from '../../../ingest/parse/parse-in-thread.js';
import { DEFAULT_PARSE_LIMITS } from '../../../ingest/parse/parser.js';
import { buildPdf } from '../../support/build-pdf.js';

const TIMEOUT = { timeout: 60_000 };
const parse = createParseInThread({ timeoutMs: 40_000, memoryMb: 256 });

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe('createParseInThread', () => {
  it('parses off the event loop and reports progress', TIMEOUT, async () => {
    const pages = Array.from({ length: 100 }, (_, index) =>
      Array.from({ length: 40 }, () => `Line of page ${index + 1}`),
    );
    const progress: string[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const parsed = await parse({
      bytes: buildPdf(pages),
      mediaType: 'application/pdf',
      filename: 'a.pdf',
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    clearInterval(timer);
    expect(parsed.pages).toHaveLength(100);
    expect(parsed.pages[99]?.text).toContain('Line of page 100');
    expect(progress[0]).toBe('8/100');
    expect(progress.at(-1)).toBe('100/100');
    expect(ticks).toBeGreaterThan(10);
  });

  it('moves the bytes when they have a buffer of their own, and copies them when they share one', TIMEOUT, async () => {
    const own = bytesOf('own words'.repeat(2000));
    const shared = Buffer.from('shared words');
    await Promise.all([
      parse({ bytes: own, mediaType: 'text/plain', filename: 'a.txt' }),
      parse({ bytes: shared, mediaType: 'text/plain', filename: 'b.txt' }),
    ]);
    expect(own.byteLength).toBe(0);
    expect(shared.toString()).toBe('shared words');
  });

  it("gives the parser's own error with its sentence", TIMEOUT, async () => {
    const input = { bytes: bytesOf('%PDF-1.4 rubbish'), mediaType: 'application/pdf', filename: 'a.pdf' };
    await expect(parse(input)).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining('damaged') });
    const unknown = { bytes: bytesOf('x'), mediaType: 'image/png', filename: 'a.png' };
    await expect(parse(unknown)).rejects.toMatchObject({ code: 'unsupported_media_type' });
  });

  it('ends a parse that takes too long', TIMEOUT, async () => {
    const deep = bytesOf('<b>x</i>'.repeat(400_000));
    const started = performance.now();
    const hurried = createParseInThread({ timeoutMs: 1_500, memoryMb: 512 });
    const input = { bytes: deep, mediaType: 'text/html', filename: 'a.html' };
    await expect(hurried(input)).rejects.toMatchObject({
      code: 'parse_timeout',
      message: expect.stringContaining('1.5 seconds'),
    });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('ends a parse that takes too much memory, and lives on', TIMEOUT, async () => {
    const poor = createParseInThread({ timeoutMs: 40_000, memoryMb: 24 });
    const many = bytesOf('<p>x</p>'.repeat(1_000_000));
    const input = { bytes: many, mediaType: 'text/html', filename: 'a.html' };
    await expect(poor(input)).rejects.toMatchObject({ code: 'parse_memory' });
    const parsed = await poor({ bytes: bytesOf('still here'), mediaType: 'text/plain', filename: 'a.txt' });
    expect(parsed.pages[0]?.text).toBe('still here');
  });

  it('ends with the reason of the signal', TIMEOUT, async () => {
    const controller = new AbortController();
    const input = { mediaType: 'text/html', filename: 'a.html', signal: controller.signal };
    const running = parse({ ...input, bytes: bytesOf('<b>x</i>'.repeat(400_000)) });
    setTimeout(() => controller.abort(new Error('lease lost')), 300);
    await expect(running).rejects.toThrow('lease lost');
    await expect(parse({ ...input, bytes: bytesOf('x') })).rejects.toThrow('lease lost');
  });

  it('hands its limits to the parser', TIMEOUT, async () => {
    const limited = createParseInThread({
      timeoutMs: 40_000,
      memoryMb: 256,
      parse: { ...DEFAULT_PARSE_LIMITS, maxCharacters: 3 },
    });
    const input = { bytes: bytesOf('four'), mediaType: 'text/plain', filename: 'a.txt' };
    await expect(limited(input)).rejects.toMatchObject({ code: 'inflated_too_large' });
  });
});
