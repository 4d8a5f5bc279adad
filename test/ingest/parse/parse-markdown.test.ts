import { describe, expect, it } from 'vitest';
import { findMarkdownBlocks, parseMarkdown } from '../../../ingest/parse/parse-markdown.js';
import { parserInput } from '../../support/parser-input.js';

/** Kind (with level) and text of each block. */
function outline(text: string): string[] {
  return findMarkdownBlocks(text).map(
    (block) => `${block.kind}${block.level ?? ''}: ${text.slice(block.start, block.end)}`,
  );
}

describe('parseMarkdown', () => {
  it('stores the source as it was written and takes the first heading of level 1 as title', async () => {
    const source = 'Intro\n\n## Part\n\n# The *whole* thing #\n\nText  \n';
    const parsed = await parseMarkdown(parserInput(source.replace(/\n/g, '\r\n')));
    expect(parsed.title).toBe('The whole thing');
    expect(parsed.pages[0]?.text).toBe(source);
    expect((await parseMarkdown(parserInput('Big title\n=========\n\nx'))).title).toBe('Big title');
    expect((await parseMarkdown(parserInput('no heading'))).title).toBeNull();
  });

  it('finds headings of both kinds, and no heading where there is none', () => {
    expect(outline('# A\n## B ##\nText\n\nTitle\n---\n\n#hashtag\n\n    # code?')).toEqual([
      'heading1: # A',
      'heading2: ## B ##',
      'paragraph: Text',
      'heading2: Title\n---',
      'paragraph: #hashtag',
      'paragraph:     # code?',
    ]);
  });

  it('keeps fences whole, also when nothing closes them', () => {
    expect(outline('```js\n# not a heading\n\n| a | b |\n```\nafter\n\n~~~\nopen')).toEqual([
      'code: ```js\n# not a heading\n\n| a | b |\n```',
      'paragraph: after',
      'code: ~~~\nopen',
    ]);
  });

  it('keeps lists together across an empty line and with what is indented under their items', () => {
    expect(outline('Before\n- one\n  more\n\n- two\n\n  under two\n\nAfter\n\n1. x\n2. y\n# H')).toEqual([
      'paragraph: Before',
      'list: - one\n  more\n\n- two\n\n  under two',
      'paragraph: After',
      'list: 1. x\n2. y',
      'heading1: # H',
    ]);
  });

  it('finds tables and where their header ends', () => {
    const source = 'Text over it\n| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |\n\nno | table\nhere | either';
    const table = findMarkdownBlocks(source).find((block) => block.kind === 'table');
    expect(source.slice(table?.start, table?.headerEnd)).toBe('| a | b |\n|---|:-:|\n');
    expect(source.slice(table?.headerEnd, table?.end)).toBe('| 1 | 2 |\n| 3 | 4 |');
    expect(outline(source).map((line) => line.split(':')[0])).toEqual(['paragraph', 'table', 'paragraph']);
  });

  it('takes YAML at the beginning for code, not for a heading', () => {
    expect(outline('---\ntitle: x\n---\n\nText')).toEqual(['code: ---\ntitle: x\n---', 'paragraph: Text']);
    expect(outline('---\n\nText')).toEqual(['paragraph: ---', 'paragraph: Text']);
  });
});
