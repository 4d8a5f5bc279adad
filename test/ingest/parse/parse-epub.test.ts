import { describe, expect, it } from 'vitest';
import { parseEpub } from '../../../ingest/parse/parse-epub.js';
import { buildZip, type ZipPart } from '../../support/build-zip.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

const container = {
  name: 'META-INF/container.xml',
  data: '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
};

/** A package document: items as [id, href, properties]; the order is that of `spine`. */
function packagePart(items: [id: string, href: string, properties?: string][], spine: string[]): ZipPart {
  const manifest = items.map(
    ([id, href, properties]) =>
      `<opf:item id="${id}" href="${href}" properties="${properties ?? ''}" media-type="${href.endsWith('.ncx') ? 'application/x-dtbncx+xml' : 'application/xhtml+xml'}"/>`,
  );
  const order = spine.map((id) => `<opf:itemref idref="${id}"/>`);
  return {
    name: 'OEBPS/book.opf',
    data: `<opf:package xmlns:opf="urn:opf" xmlns:dc="urn:dc"><opf:metadata><dc:title> The\n Book </dc:title></opf:metadata><opf:manifest>${manifest.join('')}</opf:manifest><opf:spine>${order.join('')}</opf:spine></opf:package>`,
  };
}

const page = (body: string) =>
  `<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd"><html><head><title/><script src="x"/></head><body>${body}</body></html>`;

async function parse(parts: ZipPart[]) {
  const parsed = await parseEpub(parserInput(buildZip([container, ...parts])));
  expectSoundDocument(parsed);
  return parsed;
}

const simple = packagePart([['a', 'a.xhtml']], ['a']);

describe('parseEpub', () => {
  it('gives the chapters in reading order, as one text with the title of the metadata', async () => {
    const parsed = await parse([
      packagePart(
        [
          ['one', 'text/one.xhtml'],
          ['two', 'text/t%20wo.xhtml'],
          ['nav', 'nav.xhtml', 'nav'],
        ],
        ['nav', 'two', 'one', 'two'],
      ),
      { name: 'OEBPS/text/one.xhtml', data: page('<h1>One</h1><p>First&nbsp;words.</p>') },
      { name: 'OEBPS/text/t wo.xhtml', data: page('<p>Second <a id="x"/>words.</p>') },
      { name: 'OEBPS/nav.xhtml', data: page('<nav><a href="text/t%20wo.xhtml#x">Part two</a></nav>') },
    ]);
    expect(parsed.title).toBe('The Book');
    expect(parsed.paged).toBe(false);
    expect(parsed.pages[0]?.text).toBe('Part two\n\nSecond words.\n\nOne\n\nFirst words.');
    expect(parsed.pages[0]?.blocks.map(({ kind }) => kind)).toEqual(['heading', 'paragraph', 'heading', 'paragraph']);
  });

  it('makes a heading of the first line when only the table of contents says that it is one', async () => {
    const ncx =
      '<ncx><navMap><navPoint><navLabel><text>Chapter I</text></navLabel><content src="a.xhtml"/></navPoint></navMap></ncx>';
    const parsed = await parse([
      packagePart(
        [
          ['a', 'a.xhtml'],
          ['ncx', 'toc.ncx'],
        ],
        ['a'],
      ),
      { name: 'OEBPS/a.xhtml', data: page('<p class="big">CHAPTER I</p><p>It was dark.</p>') },
      { name: 'OEBPS/toc.ncx', data: ncx },
    ]);
    expect(parsed.pages[0]?.text).toBe('Chapter I\n\nIt was dark.');
  });

  it('reads books whose fonts are hidden, and refuses those whose text is', async () => {
    const encryption = (algorithm: string) => ({
      name: 'META-INF/encryption.xml',
      data: `<encryption><e:EncryptedData xmlns:e="urn:e"><e:EncryptionMethod Algorithm="${algorithm}"/><e:CipherData><e:CipherReference URI="OEBPS/a.xhtml"/></e:CipherData></e:EncryptedData></encryption>`,
    });
    const chapter = { name: 'OEBPS/a.xhtml', data: page('<p>x</p>') };
    const open = await parse([simple, chapter, encryption('http://www.idpf.org/2008/embedding')]);
    expect(open.pages[0]?.text).toBe('x');
    await expect(
      parse([simple, chapter, encryption('http://www.w3.org/2001/04/xmlenc#aes128-cbc')]),
    ).rejects.toMatchObject({ code: 'password_required' });
  });

  it('refuses entities, bombs, missing parts and books without chapters', async () => {
    const cases: [string, ZipPart[]][] = [
      ['entity_expansion', [simple, { name: 'OEBPS/a.xhtml', data: `<!DOCTYPE html [<!ENTITY a "aa">]><p>&a;</p>` }]],
      [
        'entity_expansion',
        [{ ...simple, data: `<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]>${simple.data}` }],
      ],
      ['inflated_too_large', [simple, { name: 'OEBPS/a.xhtml', data: Buffer.alloc(64 * 1024 * 1024) }]],
      ['corrupt', [simple]],
      ['corrupt', [{ name: 'OEBPS/other.opf', data: '' }]],
      ['no_pages', [packagePart([], [])]],
    ];
    for (const [code, parts] of cases) await expect(parse(parts), code).rejects.toMatchObject({ code });
  });

  it('takes names that lead out of the archive for names of its own parts', async () => {
    const parsed = await parse([
      packagePart([['a', '../../../../a.xhtml']], ['a']),
      { name: 'a.xhtml', data: page('<p>inside</p>') },
    ]);
    expect(parsed.pages[0]?.text).toBe('inside');
  });
});
