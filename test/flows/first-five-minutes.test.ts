import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/domain/answer.js';
import type { StoredPage } from '../../src/domain/document.js';
import { buildPdf } from '../support/build-pdf.js';
import { runCli } from '../support/run-cli.js';
import { type RunningFootnote, startFootnote } from '../support/running-footnote.js';

const SAMPLES = new URL('../../data/samples/', import.meta.url).pathname;
let footnote: RunningFootnote;

beforeAll(async () => {
  footnote = await startFootnote();
});

afterAll(async () => {
  await footnote[Symbol.asyncDispose]();
});

/** Every quote is the stored text at its offsets. */
async function expectVerbatim(answer: Answer): Promise<void> {
  for (const citation of answer.citations) {
    const { body } = await footnote.get<StoredPage>(
      `/api/v1/documents/${citation.documentId}/pages/${citation.page ?? 1}`,
    );
    expect(body.text.slice(citation.start, citation.end)).toBe(citation.quote);
    expect(body.version).toBe(citation.version);
  }
}

describe('the first five minutes of a new user', () => {
  it('takes the handbook, answers a question and cites the right page', async () => {
    const document = await footnote.upload(`${SAMPLES}employee-handbook.pdf`);
    expect(document).toMatchObject({ status: 'ready', pages: { total: 6, text: 6 } });
    const answer = await footnote.ask('How many days of annual leave do I get?');
    expect(answer).toMatchObject({ status: 'completed', grounded: true, coverage: 1, refused: false, degraded: false });
    expect(answer.text).toContain('27 days');
    expect(answer.citations[0]).toMatchObject({ documentId: document.id, page: 3, documentTitle: 'Employee Handbook' });
    await expectVerbatim(answer);
  });

  it('shows the quote marked in the page that the citation links to', async () => {
    const answer = await footnote.ask('How many days of annual leave do I get?');
    const [citation] = answer.citations;
    const response = await fetch(citation?.url ?? '');
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain(`<mark id="quote">${citation?.quote}</mark>`);
  });

  it('refuses honestly what the documents do not say', async () => {
    const answer = await footnote.ask('What is the boiling point of tungsten hexafluoride?');
    expect(answer).toMatchObject({ refused: true, grounded: false, citations: [] });
    expect(answer.refusalReason).not.toBeNull();
  });

  it('streams the same answer as events with exactly one end', async () => {
    const events = await footnote.askStream('How many days of annual leave do I get?');
    const names = events.map((event) => event.event);
    expect(names[0]).toBe('answer-start');
    expect(names.filter((name) => name === 'answer-end' || name === 'answer-error')).toEqual(['answer-end']);
    expect(names.at(-1)).toBe('answer-end');
    const text = events.map((event) => (event.event === 'text-delta' ? event.data.text : '')).join('');
    const end = events.at(-1);
    expect(end?.event === 'answer-end' && end.data.answer.text).toBe(text);
  });

  it('gives the existing document for the same bytes, under whatever name', async () => {
    const first = await footnote.upload({
      filename: 'note.md',
      content: '# Note\n\nThe kettle is descaled on Fridays.\n',
    });
    const second = await footnote.upload({
      filename: 'copy.md',
      content: '# Note\n\nThe kettle is descaled on Fridays.\n',
    });
    expect(second).toMatchObject({ id: first.id, duplicate: true });
  });

  it('finds nothing of a document once it is deleted, and says what was removed', async () => {
    const document = await footnote.upload({ filename: 'secret.txt', content: 'The zanzibarplatypus sleeps at noon.' });
    expect((await footnote.search('zanzibarplatypus')).passages[0]?.documentId).toBe(document.id);
    const response = await footnote.fetch(`/api/v1/documents/${document.id}`, { method: 'DELETE' });
    expect(await response.json()).toMatchObject({ complete: true, removed: { passages: 1, vectors: 1, blobs: 1 } });
    for (const mode of ['hybrid', 'lexical', 'vector']) {
      const { passages } = await footnote.search('zanzibarplatypus', mode);
      expect(passages.filter((passage) => passage.documentId === document.id)).toEqual([]);
    }
    expect((await footnote.get(`/api/v1/documents/${document.id}`)).status).toBe(404);
  });

  it('answers from a 160-page report with the right page', async () => {
    const pages = Array.from({ length: 160 }, (_, index) => [
      `Annual report, section ${index + 1}`,
      `In region number ${index + 1} the company sold ${1000 + index * 7} containers during the year.`,
      index === 97 ? 'The audit committee was chaired by Philippa Grantham.' : 'The committee met as planned.',
    ]);
    const report = await footnote.upload({ filename: 'report.pdf', content: buildPdf(pages) });
    expect(report).toMatchObject({ status: 'ready', pages: { total: 160 } });
    const answer = await footnote.ask('Who chaired the audit committee?');
    expect(answer.text).toContain('Philippa Grantham');
    expect(answer.citations[0]).toMatchObject({ documentId: report.id, page: 98 });
    await expectVerbatim(answer);
  }, 90_000);

  it('answers on the command line with its citation, and with JSON', async () => {
    const env = { FOOTNOTE_URL: footnote.url };
    const asked = await runCli(['ask', 'How many days of annual leave do I get?'], env);
    expect(asked).toMatchObject({ code: 0 });
    expect(asked.stdout).toContain('[1] Employee Handbook, page 3');
    const searched = await runCli(['search', 'annual leave', '--json'], env);
    expect((JSON.parse(searched.stdout) as { passages: unknown[] }).passages.length).toBeGreaterThan(0);
    const refused = await runCli(['ask', 'What is the boiling point of tungsten hexafluoride?'], env);
    expect(refused.code).toBe(3);
    const uploaded = await runCli(['upload', `${SAMPLES}on-call.md`, `${SAMPLES}no-such-file.md`], env);
    expect(uploaded.code).toBe(3);
    expect(uploaded.stdout).toContain('ready');
    expect(uploaded.stdout).toContain('There is no such file');
    const unreachable = await runCli(['search', 'x'], { FOOTNOTE_URL: 'http://127.0.0.1:9' });
    expect(unreachable).toMatchObject({ code: 1 });
    expect(unreachable.stderr).toContain('Is it running');
  }, 60_000);

  it('is found healthy by the doctor while it runs', async () => {
    const result = await runCli(['doctor', '--json'], { DATA_DIR: footnote.dataDir });
    expect(JSON.parse(result.stdout)).toMatchObject({ healthy: true });
    expect(result.code).toBe(0);
  });

  it('ends within the grace on SIGTERM, with exit code 0 and no child left', async () => {
    const children = childrenOf(footnote.output());
    expect(children.length).toBeGreaterThanOrEqual(2);
    expect(await footnote.stop('SIGTERM')).toBe(0);
    for (const pid of children) expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});

function childrenOf(log: string): number[] {
  return [...log.matchAll(/"event":"child-process"[^\n]*/g)].flatMap(([line]) => {
    const pid = /"childPid":(\d+),"state":"started"/.exec(line)?.[1];
    return pid === undefined ? [] : [Number(pid)];
  });
}
