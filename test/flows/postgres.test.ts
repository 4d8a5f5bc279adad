import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningFootnote, startFootnote } from '../support/running-footnote.js';
import { testDatabaseUrl } from '../support/services.js';

describe.skipIf(testDatabaseUrl === undefined)('with DATABASE_URL (skipped without TEST_DATABASE_URL)', () => {
  const schema = `footnote_flow_${randomBytes(4).toString('hex')}`;
  let footnote: RunningFootnote;

  beforeAll(async () => {
    await run(`create schema ${schema}`);
    const url = new URL(testDatabaseUrl ?? '');
    url.searchParams.set('options', `-c search_path=${schema}`);
    footnote = await startFootnote({ env: { DATABASE_URL: url.href } });
  });

  afterAll(async () => {
    await footnote[Symbol.asyncDispose]();
    await run(`drop schema ${schema} cascade`);
  });

  async function run(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: testDatabaseUrl });
    await client.connect();
    await client.query(statement);
    await client.end();
  }

  it('ingests, searches, answers and deletes as on SQLite', async () => {
    const document = await footnote.upload({
      filename: 'rules.md',
      content: '# Rules\n\nVisitors must wear a green badge. Bicycles are parked behind hall 4.\n',
    });
    expect(document.status).toBe('ready');
    const answer = await footnote.ask('What must visitors wear?');
    expect(answer).toMatchObject({ grounded: true, refused: false });
    expect(answer.citations[0]?.quote).toContain('green badge');
    const response = await footnote.fetch(`/api/v1/documents/${document.id}`, { method: 'DELETE' });
    expect(await response.json()).toMatchObject({ complete: true, removed: { passages: 1, vectors: 1 } });
    expect((await footnote.search('green badge')).passages).toEqual([]);
  });
});
