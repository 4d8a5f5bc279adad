import { describe, expect, it } from 'vitest';
import { describeReport, progressBar, summarise } from '../../ingest/folder-report.js';

const results = [
  { path: 'a.md', state: 'ready', passages: 3, duplicate: false },
  { path: 'b.md', state: 'ready', passages: 2, duplicate: true },
  { path: 'c.pdf', state: 'failed', code: 'no_text', detail: 'The file holds no text.' },
  { path: 'd.exe', state: 'rejected', code: 'unsupported_media_type', detail: 'Not supported.' },
] as const;

describe('the report of a folder run', () => {
  it('counts every file once and names the reason of each problem', () => {
    const report = summarise([...results], 1.234);
    expect(report).toMatchObject({
      files: 4,
      ready: 2,
      duplicates: 1,
      failed: 1,
      rejected: 1,
      passages: 5,
      seconds: 1.2,
    });
    expect(describeReport(report)).toContain('failed c.pdf: The file holds no text. (no_text)');
  });

  it('draws a bar with rate and time left, also for nothing and at the end', () => {
    expect(progressBar(0, 0, 0)).toContain('0/0');
    expect(progressBar(5, 10, 2)).toBe(`[${'#'.repeat(15)}${'-'.repeat(15)}]  5/10  2.5 files/s  2 s left`);
    expect(progressBar(10, 10, 4)).toContain('0 s left');
  });
});
