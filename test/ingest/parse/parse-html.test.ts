import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { parseHtml } from '../../../ingest/parse/parse-html.js';
import { parserInput } from '../../support/parser-input.js';

async function textOf(html: string | Uint8Array): Promise<string> {
  return (await parseHtml(parserInput(html))).pages[0]?.text ?? '';
}

describe('parseHtml', () => {
  it('gives headings, paragraphs, lists, code and tables as blocks', async () => {
    const parsed = await parseHtml(
      parserInput(`<title>T</title><h2>Head  <b>line</b></h2><p>One
        two<br>three</p>loose<ul><li>a<ol start=3><li>x<li>y</ol><li><p>b</p><p>c</p></ul>
        <pre>  keep
   this</pre><table><caption>Cap</caption><tr><th>k<th>v<tr><td>a|b<td>1</table>`),
    );
    const page = parsed.pages[0];
    expect(page?.text).toBe(
      [
        'Head line',
        'One two\nthree',
        'loose',
        '- a\n  3. x\n  4. y\n- b\n  c',
        '  keep\n   this',
        'Cap',
        '| k | v |\n| --- | --- |\n| a\\|b | 1 |',
      ].join('\n\n'),
    );
    expect(page?.blocks.map((block) => block.kind)).toEqual([
      ...['heading', 'paragraph', 'paragraph', 'list', 'code', 'paragraph', 'table'],
    ]);
    const table = page?.blocks.at(-1);
    expect(page?.text.slice(table?.headerEnd, table?.end)).toBe('| a\\|b | 1 |');
    expect(parsed.title).toBe('T');
  });

  it('puts the title over a text that does not say it, and only then', async () => {
    expect(await textOf('<title>My page</title><p>Text')).toBe('My page\n\nText');
    expect(await textOf('<title>My page</title><h1>My  Page</h1>')).toBe('My Page');
    expect(await textOf('<title>Only a title</title><script>x</script>')).toBe('');
  });

  it('leaves out scripts, styles, hidden parts and marked navigation', async () => {
    const page = `<nav>Menu</nav><div role=navigation>Crumbs</div><script>var a = function(){}</script><style>b{}</style>
      <noscript>no</noscript><template>t</template><p hidden>h</p><p style="display: none">d</p><p>Seen &amp; kept</p>`;
    expect(await textOf(page)).toBe('Seen & kept');
    expect(await textOf('<nav><p>All there is</p></nav>')).toBe('All there is');
  });

  it('divides paragraphs at double line breaks and raises superscript numbers visibly', async () => {
    expect(await textOf('One<br><br>Two<br>Three')).toBe('One\n\nTwo\nThree');
    expect(await textOf('10<sup>6</sup> units, the 2<sup>nd</sup>')).toBe('10^6 units, the 2nd');
    expect(await textOf('<table><tr><td>m<sup>2</sup><td>10<sup>3</sup></table>')).toContain('| m^2 | 10^3 |');
  });

  it('repeats cells that span rows, keeps columns in place and drops empty ones', async () => {
    const table = `<table><thead><tr><th>Year<th colspan=2>Sales</thead>
      <tr><td rowspan=2>2023<td>1<td><td>9<tr><td>2<td><td>8</table>`;
    expect(await textOf(table)).toBe('| Year | Sales |  |\n| --- | --- | --- |\n| 2023 | 1 | 9 |\n| 2023 | 2 | 8 |');
  });

  it('reads tables that only arrange the page as running text', async () => {
    const nested = '<table><tr><td>Left<td><table><tr><td>a<td>b</table>text</table>';
    expect(await textOf(nested)).toBe('Left\n\n| a | b |\n| --- | --- |\n\ntext');
    expect(await textOf('<table><tr><td><p>One</p><p>Two</p></table>')).toBe('One\n\nTwo');
    expect(await textOf('<table><tr><td><h1>H</h1>x<td>y</table>')).toBe('H\n\nx\n\ny');
  });

  it('reads the declared encoding', async () => {
    const page = '<meta charset="windows-1251"><p>Да</p>';
    expect(await textOf(iconv.encode(page, 'windows-1251'))).toBe('Да');
    expect(await textOf(iconv.encode(page, 'utf-16le', { addBOM: true }))).toBe('Да');
    expect(await textOf(page)).toBe('Да');
  });

  it('cleans what character references bring in', async () => {
    expect(await textOf('<p>a&#0;b&#x1F;c&#xD800;d&#xE0041;e&#160;f</p>')).toMatch(/^ab?\uFFFD?bc\uFFFD?de f$/);
  });
});
