import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { detectDelimiter, parseCsv } from '../../../ingest/parse/parse-csv.js';
import { parserInput } from '../../support/parser-input.js';

async function parse(content: string | Uint8Array) {
  const page = (await parseCsv(parserInput(content))).pages[0];
  const block = page?.blocks[0];
  return { text: page?.text ?? '', header: page?.text.slice(0, block?.headerEnd) ?? '', status: page?.status };
}

describe('parseCsv', () => {
  it('gives one Markdown table and says where its header ends', async () => {
    const { text, header } = await parse('name,town\r\nAnn,"New, York"\r\n"B|ob","two\nlines"\r\n');
    expect(text).toBe('| name | town |\n| --- | --- |\n| Ann | New, York |\n| B\\|ob | two lines |');
    expect(header).toBe('| name | town |\n| --- | --- |\n');
  });

  it('finds the delimiter', async () => {
    expect(detectDelimiter('a;b,c;d\n1;2,5;3\n')).toBe(';');
    expect(detectDelimiter('a\tb\n"x, y"\t2\n')).toBe('\t');
    expect(detectDelimiter('a|b|c\n1|2|3')).toBe('|');
    expect(detectDelimiter('one column\nof text')).toBe(',');
    expect((await parse('sep=;\na;b\n1;2')).text).toContain('| 1 | 2 |');
  });

  it('counts a title row and a row of sub-headings into the header', async () => {
    expect((await parse('Cups,,\nTeam,Town,Wins\nBlues,STL,1\n')).header).toContain('| Team | Town | Wins |\n');
    expect((await parse('A,Results,\n,Right,Time\nx,1,2\n')).header).toContain('|  | Right | Time |\n');
    expect((await parse('A,B\n1,2\n3,4\n')).header).toBe('| A | B |\n| --- | --- |\n');
  });

  it('bears rows of unequal length, stray quotes and quotes that never close', async () => {
    expect((await parse('a,b\n1\n1,2,3\n')).text).toBe('| a | b |  |\n| --- | --- | --- |\n| 1 |\n| 1 | 2 | 3 |');
    expect((await parse('a,b\n5" pipe,x\n')).text).toContain('| 5" pipe | x |');
    expect((await parse('a,b\n"open,x\ny,z\n')).text).toContain('| y | z |');
  });

  it('reads UTF-16, and says that nothing is nothing', async () => {
    expect((await parse(iconv.encode('Größe;Maß\n1;2\n', 'utf-16le', { addBOM: true }))).text).toContain(
      '| Größe | Maß |',
    );
    expect((await parse(',,\n,,\n')).status).toBe('empty');
  });
});
