import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseDocx } from '../../../ingest/parse/parse-docx.js';
import { buildDocx, wordParagraph, wordParts, wordTable } from '../../support/build-docx.js';
import { buildZip } from '../../support/build-zip.js';
import { parserInput } from '../../support/parser-input.js';

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';

function relations(...items: [id: string, type: string, target: string, mode?: string][]): string {
  const list = items.map(
    ([id, type, target, mode]) =>
      `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"${mode ? ` TargetMode="${mode}"` : ''}/>`,
  );
  return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list.join('')}</Relationships>`;
}

describe('parseDocx', () => {
  it('gives headings, paragraphs and tables, and the first heading as title', async () => {
    const body =
      wordParagraph('Report', 'Heading1') +
      wordParagraph('Some words.') +
      wordParagraph('Part', 'Heading2') +
      wordTable([
        ['k', 'v'],
        ['a', '1 | 2'],
      ]);
    const parsed = await parseDocx(parserInput(buildDocx(body)));
    const page = parsed.pages[0];
    expect(parsed.title).toBe('Report');
    expect(page?.text).toBe('Report\n\nSome words.\n\nPart\n\n| k | v |\n| --- | --- |\n| a | 1 \\| 2 |');
    expect(page?.blocks.map((block) => [block.kind, block.level])).toEqual([
      ...[
        ['heading', 1],
        ['paragraph', undefined],
        ['heading', 2],
        ['table', undefined],
      ],
    ]);
  });

  it('prefers the title in the properties of the file', async () => {
    const core = { name: 'docProps/core.xml', data: '<c xmlns:dc="urn:dc"><dc:title>Given &amp; meant</dc:title></c>' };
    expect((await parseDocx(parserInput(buildDocx(wordParagraph('x', 'Heading1'), [core])))).title).toBe(
      'Given & meant',
    );
  });

  it('keeps footnotes and comments, without their marks and arrows inside the text', async () => {
    const body = `<w:p><w:r><w:t>Sales rose</w:t></w:r><w:r><w:commentReference w:id="1"/></w:r><w:r><w:t> again.</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>`;
    const parsed = await parseDocx(
      parserInput(
        buildDocx(body, [
          {
            name: 'word/_rels/document.xml.rels',
            data: relations(['a', 'comments', 'comments.xml'], ['b', 'footnotes', 'footnotes.xml']),
          },
          {
            name: 'word/comments.xml',
            data: `<w:comments xmlns:w="${WORD}"><w:comment w:id="1" w:initials="AB">${wordParagraph('Really?')}</w:comment></w:comments>`,
          },
          {
            name: 'word/footnotes.xml',
            data: `<w:footnotes xmlns:w="${WORD}"><w:footnote w:id="2">${wordParagraph('In euros.')}</w:footnote></w:footnotes>`,
          },
        ]),
      ),
    );
    const text = parsed.pages[0]?.text ?? '';
    expect(text).toContain('Sales rose again.[1]');
    expect(text).toContain('Really?');
    expect(text).toContain('1. In euros.');
    expect(text).not.toContain('↑');
  });

  it('fetches nothing from outside', async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests++;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.png`;
      const blip = `<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip r:link="p"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`;
      const rels = { name: 'word/_rels/document.xml.rels', data: relations(['p', 'image', url, 'External']) };
      const parsed = await parseDocx(parserInput(buildDocx(blip + wordParagraph('After the picture'), [rels])));
      expect(parsed.pages[0]?.text).toBe('After the picture');
      expect(requests).toBe(0);
    } finally {
      server.close();
    }
  });

  it('refuses entities, bombs, too many parts, passwords and damage', async () => {
    const doctype = '<!DOCTYPE d [<!ENTITY a "aaaa">]>';
    const cases: [string, Buffer][] = [
      ['entity_expansion', buildZip(wordParts(wordParagraph('x'), doctype))],
      ['entity_expansion', buildZip(wordParts(wordParagraph('x'), '<!DOCTYPE d SYSTEM "http://attacker.invalid/x">'))],
      [
        'inflated_too_large',
        buildDocx(wordParagraph('x'), [{ name: 'word/a.xml', data: Buffer.alloc(64 * 1024 * 1024) }]),
      ],
      [
        'inflated_too_large',
        buildDocx(
          '',
          Array.from({ length: 10_000 }, (_, index) => ({ name: `word/${index}`, data: '' })),
        ),
      ],
      ['password_required', buildZip(wordParts('').map((part) => ({ ...part, flags: 1 })))],
      ['corrupt', buildZip(wordParts('<w:p><w:r>'))],
      ['corrupt', buildZip([{ name: 'word/other.xml', data: 'x' }])],
      ['corrupt', Buffer.from('PK\x03\x04 and nothing else')],
    ];
    for (const [code, bytes] of cases) {
      await expect(parseDocx(parserInput(bytes)), code).rejects.toMatchObject({ code });
    }
  });

  it('stops inflating a part that is larger than it says', async () => {
    const [types, rels, document] = wordParts(`${wordParagraph('x').repeat(100_000)}`);
    if (types === undefined || rels === undefined || document === undefined) throw new Error('parts');
    const bytes = buildZip([types, rels, { ...document, declaredSize: 100 }]);
    await expect(parseDocx(parserInput(bytes, { maxInflatedBytes: 1_000_000 }))).rejects.toMatchObject({
      code: 'inflated_too_large',
    });
  });
});
