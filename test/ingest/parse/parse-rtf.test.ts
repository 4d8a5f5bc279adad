import { describe, expect, it } from 'vitest';
import { parseRtf } from '../../../ingest/parse/parse-rtf.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

async function parse(rtf: string) {
  const parsed = await parseRtf(parserInput(Buffer.from(rtf, 'latin1')));
  expectSoundDocument(parsed);
  return parsed;
}

async function textOf(rtf: string): Promise<string> {
  return (await parse(`{\\rtf1\\ansi ${rtf}}`)).pages[0]?.text ?? '';
}

describe('parseRtf', () => {
  it('gives headings, paragraphs, lists and tables in their order', async () => {
    const parsed = await parse(
      String.raw`{\rtf1\ansi{\stylesheet{\s0 Normal;}{\s5\outlinelevel1 Section;}{\s6 heading 3;}}` +
        String.raw`\pard\outlinelevel0 Report\par\pard First,{\b bold} and\line next.\par\pard\s5 Part\par\pard\s6 Detail\par` +
        String.raw`\pard{\listtext\f1\'b7\tab}one\par{\listtext 2.\tab}two\par` +
        String.raw`\trowd\cellx1\cellx2\pard\intbl k\cell v\cell\row a\cell 1\par 2 | 3\cell\row\pard End}`,
    );
    expect(parsed.title).toBe('Report');
    expect(parsed.pages[0]?.text).toBe(
      'Report\n\nFirst,bold and\nnext.\n\nPart\n\nDetail\n\n- one\n2. two\n\n' +
        '| k | v |\n| --- | --- |\n| a | 1 2 \\| 3 |\n\nEnd',
    );
    expect(parsed.pages[0]?.blocks.map(({ kind, level }) => `${kind}${level ?? ''}`)).toEqual([
      ...['heading1', 'paragraph', 'heading2', 'heading3', 'list', 'table', 'paragraph'],
    ]);
  });

  it('decodes bytes in the code page of the file and of the font', async () => {
    expect(await textOf(String.raw`gr\'fc\'dfe \'80`)).toBe('grüße €');
    expect(await textOf(String.raw`\ansicpg1251 \'cf\'f0\'e8`)).toBe('При');
    expect(await textOf(String.raw`{\fonttbl{\f0 A;}{\f1\fcharset204 B;}}\'e4 \f1\'cf{\f0 \'e4}\'cf`)).toBe('ä ПäП');
    expect(await textOf(String.raw`{\fonttbl{\f2\fcharset128 C;}}\f2\'93\'fa\'96\'7b`)).toBe('日本');
    expect(await textOf(String.raw`\mac\'8a`)).toBe('ä');
  });

  it('prefers Unicode to what stands in for it', async () => {
    expect(await textOf(String.raw`\u8220\'93a\u8221?\uc2\u26085\'93\'fa\uc0\u-10179\u-8704!`)).toBe('“a”日😀!');
    expect(await textOf(String.raw`\u8217\par b`)).toBe('’\n\nb');
    expect(await textOf(String.raw`a\emdash b\~c\_d\-e\{\}\\ \lquote x\rquote`)).toBe('a—b c‑de{}\\ ‘x’');
  });

  it('leaves out what is no text of the document', async () => {
    expect(
      await textOf(
        String.raw`{\*\generator x;}{\colortbl;\red1;}{\info{\title Given}{\author x}}{\header x}{\footerf x}{\pict 89504e}` +
          String.raw`{\object{\*\objdata 00}{\result kept}}{\field{\*\fldinst HYPERLINK "x"}{\fldrslt link}}{\v x}\v x\v0 .` +
          '{\\pict\\bin4 }{\\\\}\\deleted x\\deleted0 {\\*\\unknown {x}}end',
      ),
    ).toBe('keptlink.end');
    expect((await parse(String.raw`{\rtf1{\info{\title Given \'26 meant}}text}`)).title).toBe('Given & meant');
  });

  it('keeps footnotes, comments and text boxes without breaking the paragraph they stand in', async () => {
    expect(
      await textOf(
        String.raw`Sales{\chftn\footnote\pard In euros.\par More.} rose{\*\annotation Really?}{\shp{\*\shpinst{\sp{\sn x}{\sv y}}{\shptxt Aside\par}}} again{\footnote Two}.\par End`,
      ),
    ).toBe('Sales[1] rose again[2].\n\nAside\n\nEnd\n\n1. In euros. More.\n- Really?\n2. Two');
  });

  it('refuses what is no RTF, cut off or too deep, and bears a lost last bracket', async () => {
    const cases: [string, string][] = [
      ['corrupt', 'just words'],
      ['corrupt', '{\\rtf1 a{\\b b'],
      ['parse_failed', `{\\rtf1 ${'{'.repeat(2_000)}`],
    ];
    for (const [code, content] of cases) {
      await expect(parseRtf(parserInput(content)), content.slice(0, 20)).rejects.toMatchObject({ code });
    }
    expect((await parse('{\\rtf1 a\\par b')).pages[0]?.text).toBe('a\n\nb');
    expect((await parse('{\\rtf1 a}} rubbish {')).pages[0]?.text).toBe('a');
    expect((await parse('{\\rtf1\\ansi }')).pages[0]?.status).toBe('empty');
  });
});
