import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../ingest/parse/parse-document.js';
import { AppError } from '../../../src/domain/errors.js';
import { buildZip } from '../../support/build-zip.js';
import { parserInput } from '../../support/parser-input.js';

const LENGTH = 3_000_000;
/** Each of these takes under 4 s on a busy two-core machine; quadratic code takes minutes. */
const LIMIT_MS = 25_000;

/** `text` again and again, about `LENGTH` characters in all. */
function fill(text: string): string {
  return text.repeat(LENGTH / text.length);
}

const mail = (rest: string) => `From: a@b.c\n${rest}`;
const parts = (part: string) => mail(`Content-Type: multipart/mixed; boundary=b\n\n--b\n${part}\n--b--\n`);

/** Per media type: texts that make careless readers quadratic or recursive. */
const SHAPES: Record<string, Record<string, string>> = {
  'application/rtf': {
    'opened groups': `{\\rtf1 ${fill('{')}`,
    'groups side by side': `{\\rtf1 ${fill('{}')}}`,
    'bytes as escapes': `{\\rtf1 ${fill("\\'e4")}}`,
    'characters as escapes': `{\\rtf1 ${fill('\\u8364 ?')}}`,
    'code pages in turn': `{\\rtf1{\\fonttbl{\\f1\\fcharset204 a;}}${fill("\\f1\\'e4\\f0\\'e4")}}`,
    cells: `{\\rtf1 ${fill('a\\cell ')}\\row}`,
    rows: `{\\rtf1 ${fill('a\\cell\\row ')}}`,
    'one word': `{\\rtf1 ${fill('a')}}`,
    'one control word': `{\\rtf1 \\${fill('a')}}`,
    'one number': `{\\rtf1 \\b${fill('1')}}`,
    spaces: `{\\rtf1 a${fill(' ')}b}`,
    footnotes: `{\\rtf1 ${fill('a{\\footnote b}')}}`,
    'lists and tables in turn': `{\\rtf1 ${fill('{\\listtext 1.}a\\par\\intbl b\\cell\\row\\pard ')}}`,
    'binary data that is not there': `{\\rtf1 ${fill('\\bin2147483647 ')}}`,
  },
  'message/rfc822': {
    'one header': mail(`Subject: ${fill('a ')}`),
    'folded header': mail(`Subject: a\n${' a\n'.repeat(200_000)}\n\nx`),
    addresses: mail(`To: ${'a@b.c, '.repeat(100_000)}\n\nx`),
    'open brackets in addresses': mail(`To: ${'<('.repeat(100_000)}\n\nx`),
    'encoded words': mail(`Subject: ${'=?utf-8?q?a?= '.repeat(50_000)}\n\nx`),
    'lines of dashes': parts(`\n${fill('--boundary\n')}`),
    'quoted-printable of equals signs': mail(`Content-Transfer-Encoding: quoted-printable\n\n${fill('=')}`),
    'base64 of garbage': mail(`Content-Transfer-Encoding: base64\n\n${fill('!=')}`),
    'format=flowed': mail(`Content-Type: text/plain; format=flowed; delsp=yes\n\n${fill('> a lot of words \n')}`),
    'HTML of open brackets': mail(`Content-Type: text/html\n\n${fill('<')}`),
    'HTML beside text': parts(`Content-Type: text/html\n\n${fill('<a href="')}\n--b\n\ntext`),
    'boundaries that nobody uses': mail(`\n\n${fill('boundary="x"; ')}`),
    'long boundary without end': mail(`\n\n${fill('boundary=')}`),
  },
  'application/json': {
    'opened lists': fill('['),
    'opened objects': fill('{"a":'),
    numbers: `[${fill('1,')}1]`,
    'a long number': fill('1'),
    'a string of escapes': `"${fill('\\\\')}"`,
    'a string of quotes': `"${fill('\\"')}"`,
    'a string without end': `"${fill('\\"')}`,
    records: `[${fill('{"a":[]},')}{}]`,
    'lines of JSON': fill('{"a":1}\n'),
    spaces: `[${fill(' ')}`,
    'empty lists': `[${fill('[],')}[]]`,
  },
  'application/xml': {
    'opened elements': fill('<a>'),
    'elements side by side': `<r>${fill('<a/>')}</r>`,
    'text between elements': `<r>${fill('a<b/>')}</r>`,
    'values and attributes': `<r>${fill('<a b="1">x</a>')}</r>`,
    attributes: `<r ${fill('a="1" ')}/>`,
    'attributes without value': `<r ${fill('a ')}/>`,
    'one attribute name': `<r ${fill('a')}/>`,
    'text within text': `${'<a>x'.repeat(199)}${fill('y')}${'</a>'.repeat(199)}`,
    ampersands: `<r>${fill('&')}</r>`,
    'opened comments': `<r>${fill('<!--')}`,
    'opened data': `<r>${fill('<![CDATA[')}`,
    'unclosed tags': fill('<a '),
    quotes: `<r ${fill('"')}`,
    instructions: `${fill('<?a?>')}<r/>`,
  },
  'text/tab-separated-values': {
    tabs: fill('\t'),
    cells: fill('a\t'),
    quotes: fill('"'),
    rows: fill('a\tb\n'),
  },
};

/** The milliseconds that it took to read or refuse. */
async function measure(content: string | Uint8Array, mediaType: string): Promise<number> {
  const started = performance.now();
  try {
    await parseDocument({ ...parserInput(content), mediaType });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
  return performance.now() - started;
}

describe('parsers of formats with structure', () => {
  for (const [mediaType, shapes] of Object.entries(SHAPES)) {
    it(`take time in proportion to the size, whatever it is made of: ${mediaType}`, { timeout: 180_000 }, async () => {
      for (const [name, content] of Object.entries(shapes)) {
        expect(await measure(content, mediaType), name).toBeLessThan(LIMIT_MS);
      }
    });
  }

  it('take as long for books as for the pages in them', { timeout: 60_000 }, async () => {
    const item = (id: number) => `<item id="i${id}" href="c.xhtml" media-type="application/xhtml+xml"/>`;
    const many = Array.from({ length: 20_000 }, (_, id) => id);
    const book = buildZip([
      { name: 'META-INF/container.xml', data: '<c><rootfile full-path="p.opf"/></c>' },
      {
        name: 'p.opf',
        data: `<p>${many.map(item).join('')}<spine>${many.map((id) => `<itemref idref="i${id}"/>`).join('')}</spine></p>`,
      },
      { name: 'c.xhtml', data: fill('<p>x') },
    ]);
    expect(await measure(book, 'application/epub+zip')).toBeLessThan(LIMIT_MS);
  });
});
