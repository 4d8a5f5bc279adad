import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { parseTsv } from '../../../ingest/parse/parse-csv.js';
import { parseJson } from '../../../ingest/parse/parse-json.js';
import { parseXml } from '../../../ingest/parse/parse-xml.js';
import type { Parser } from '../../../ingest/parse/parser.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

async function textOf(parse: Parser, content: string | Uint8Array): Promise<string> {
  const parsed = await parse(parserInput(content));
  expectSoundDocument(parsed);
  return parsed.pages[0]?.text ?? '';
}

describe('parseJson', () => {
  it('writes values under their paths, one block a record, plain values first', async () => {
    const json = `{"name":"n","address":{"city":"Bonn","geo":[1.50,7e400]},
      "items":[{"id":12345678901234567890,"tags":["a"],"none":{}},{"id":2,"id":3}],"plain":["u","v"],"empty":[],"age":null}`;
    expect(await textOf(parseJson, json)).toBe(
      'name: n\nage: null\n\naddress\n\ncity: Bonn\ngeo[0]: 1.50\ngeo[1]: 7e400\n\n' +
        'items\n\nid: 12345678901234567890\ntags[0]: a\nnone: {}\n\nid: 2\nid: 3\n\nplain\n\nu\nv',
    );
  });

  it('takes lists and lines of JSON as records', async () => {
    expect(await textOf(parseJson, '[{"a":{"b":1}},{"a":2},"x"]')).toBe('a.b: 1\n\na: 2\n\nx');
    expect(await textOf(parseJson, '{"a":{"b":1}}\n\n{"a":[2]}\r\n')).toBe('a.b: 1\n\na[0]: 2');
    expect(await textOf(parseJson, '"only \\u00e4 \\u0000 text"')).toBe('only ä  text');
    expect(await textOf(parseJson, iconv.encode('{"ключ":"значение"}', 'utf-16le', { addBOM: true }))).toBe(
      'ключ: значение',
    );
    expect(await textOf(parseJson, '{"__proto__":{"x":1},"constructor":2}')).toBe(
      'constructor: 2\n\n__proto__\n\nx: 1',
    );
  });

  it('agrees with JSON.parse on what is JSON', async () => {
    const pieces = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"a"', '1', '-0.5e+3', '01', 'tru', 'null', ' ', '"\\x"'],
    );
    const candidate = fc.oneof(
      fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(candidate, async (json) => {
        const isJson = (() => {
          try {
            JSON.parse(json);
            return true;
          } catch {
            return false;
          }
        })();
        const isRead = await parseJson(parserInput(json)).then(
          () => true,
          () => false,
        );
        expect(isRead, json).toBe(isJson);
      }),
      { numRuns: 3_000 },
    );
  });

  it('refuses what is no JSON, cut off or too deep', async () => {
    const cases: [string, string][] = [
      ...['{"a":1', '{"a":1,}', '[1 2]', '{"a":1} {"a":2}', '{"a":1}\n{"a":', 'nothing', '"a'].map(
        (json): [string, string] => ['corrupt', json],
      ),
      ['parse_failed', '['.repeat(100_000)],
    ];
    for (const [code, json] of cases) {
      await expect(parseJson(parserInput(json)), json.slice(0, 20)).rejects.toMatchObject({ code });
    }
    await expect(parseJson(parserInput('[[1,2,3]]', { maxCharacters: 5 }))).rejects.toMatchObject({
      code: 'inflated_too_large',
    });
  });
});

describe('parseXml', () => {
  it('writes records as lines and prose as paragraphs, under the element that holds them', async () => {
    const prose = 'A sentence of some length, as people write it. '.repeat(4).trim();
    const xml = `<?xml version="1.0"?><!-- note --><rss version="2.0" xmlns:n="urn:n"><channel><title>News &amp; &#8364;</title><link>here</link>
      <item id="7"><title>First</title><text>${prose.replace('some', '<b class="x">some</b>')}</text></item>
      <item><title>Second</title><n:note><![CDATA[raw <x>]]></n:note><empty/></item><script>x()</script></channel></rss>`;
    expect(await textOf(parseXml, xml)).toBe(
      `rss/channel\n\nrss@version: 2.0\ntitle: News & €\nlink: here\n\nitem@id: 7\nitem/title: First\n\n${prose}\n\n` +
        'item/title: Second\nitem/note: raw <x>',
    );
  });

  it('reads the encoding that the file declares', async () => {
    const xml = '<?xml version="1.0" encoding="windows-1251"?><а><б>Привет</б></а>';
    expect(await textOf(parseXml, iconv.encode(xml, 'windows-1251'))).toBe('а\n\nб: Привет');
    expect(await textOf(parseXml, iconv.encode('<a>ä</a>', 'utf-16le', { addBOM: true }))).toBe('a\n\na: ä');
  });

  it('refuses document types, broken nesting and depth', async () => {
    const cases: [string, string][] = [
      ['entity_expansion', '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'],
      ['entity_expansion', '<!DOCTYPE a SYSTEM "http://attacker.invalid/a.dtd"><a/>'],
      ['corrupt', '<a><b></a></b>'],
      ['corrupt', '<a>cut off'],
      ['corrupt', 'no element'],
      ['parse_failed', '<a>'.repeat(1_000)],
    ];
    for (const [code, xml] of cases) {
      await expect(parseXml(parserInput(xml)), xml.slice(0, 30)).rejects.toMatchObject({ code });
    }
  });
});

describe('parseTsv', () => {
  it('divides cells at tabs only, and honours quotes while they make sense', async () => {
    expect(await textOf(parseTsv, 'name\tnote\nA\ta, b; c\nB\t"two\nlines"\n')).toBe(
      '| name | note |\n| --- | --- |\n| A | a, b; c |\n| B | two lines |',
    );
    expect(await textOf(parseTsv, 'size\tn\n5"\t1\n"6\t2\n')).toContain('| "6 | 2 |');
  });
});
