import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parsePptx } from '../../../ingest/parse/parse-pptx.js';
import { buildPptx, presentationParts, slideShape, slideTable } from '../../support/build-pptx.js';
import { buildZip } from '../../support/build-zip.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

async function parse(bytes: Buffer) {
  const parsed = await parsePptx(parserInput(bytes));
  expectSoundDocument(parsed);
  return parsed;
}

describe('parsePptx', () => {
  it('gives a page per slide in the order of the presentation, with title, points, table and notes', async () => {
    const first =
      slideShape(['Sub'], 'subTitle') +
      slideShape(['Quarter', 'results'], 'ctrTitle') +
      slideShape(['one', 'two'], '') +
      slideShape(['3 March'], 'dt') +
      slideTable([
        ['k', 'v'],
        ['a', '1 | 2'],
      ]);
    const parsed = await parse(
      buildPptx([{ shapes: first, notes: 'Say hello.' }, { shapes: '' }, { shapes: slideShape(['Last words']) }]),
    );
    expect(parsed.title).toBe('Quarter results');
    expect(parsed.paged).toBe(true);
    expect(parsed.pages.map(({ number, status, text }) => [number, status, text])).toEqual([
      [
        1,
        'text',
        'Quarter results\n\nSub\n\n- one\n- two\n\n| k | v |\n| --- | --- |\n| a | 1 \\| 2 |\n\nNotes: Say hello.',
      ],
      [2, 'empty', ''],
      [3, 'text', 'Last words'],
    ]);
    expect(parsed.pages[0]?.blocks.map(({ kind }) => kind)).toEqual([
      ...['heading', 'paragraph', 'list', 'table', 'paragraph'],
    ]);
  });

  it('keeps levels, numbers and line breaks, reads groups, and takes only one of two alternatives', async () => {
    const paragraph = (properties: string, text: string) =>
      `<a:p><a:pPr ${properties}</a:pPr><a:r><a:t>${text}</a:t></a:r></a:p>`;
    const body = (content: string) => `<p:sp><p:txBody>${content}</p:txBody></p:sp>`;
    const shapes =
      `<p:grpSp><p:grpSp>${body(
        paragraph('><a:buAutoNum type="arabicPeriod"/>', 'first') +
          paragraph('lvl="1"><a:buChar char="x"/>', 'under') +
          paragraph('><a:buAutoNum type="arabicPeriod"/>', 'second'),
      )}</p:grpSp></p:grpSp>` +
      body('<a:p><a:r><a:t>A</a:t></a:r><a:br/><a:fld><a:t>B</a:t></a:fld></a:p>') +
      `<mc:AlternateContent><mc:Choice>${slideShape(['new'])}</mc:Choice><mc:Fallback>${slideShape(['old'])}</mc:Fallback></mc:AlternateContent>`;
    const { pages } = await parse(buildPptx([{ shapes }]));
    expect(pages[0]?.text).toBe('1. first\n  - under\n2. second\n\nA\nB\n\nnew');
  });

  it('reads diagrams and comments, and shows merged cells in every row but once per row', async () => {
    const cell = (text: string, more = '') =>
      `<a:tc ${more}><a:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></a:txBody></a:tc>`;
    const table = `<a:tbl><a:tr>${cell('k')}${cell('v', 'gridSpan="2"')}${cell('', 'hMerge="1"')}</a:tr><a:tr>${cell('a', 'rowSpan="2"')}${cell('1')}${cell('2')}</a:tr><a:tr>${cell('', 'vMerge="1"')}${cell('3')}${cell('4')}</a:tr></a:tbl>`;
    const bytes = buildPptx(
      [
        {
          shapes: `${table}<a:graphicData><dgm:relIds r:dm="d" r:lo="x"/></a:graphicData>`,
          links: [
            ['d', 'diagramData', '../diagrams/data1.xml'],
            ['c', 'comments', '/ppt/comments/comment1.xml'],
          ],
        },
      ],
      [
        {
          name: 'ppt/diagrams/data1.xml',
          data: '<dgm:m><dgm:pt><dgm:t><a:p><a:r><a:t>Plan</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:m>',
        },
        { name: 'ppt/comments/comment1.xml', data: '<p:cmLst><p:cm><p:text>Too long?</p:text></p:cm></p:cmLst>' },
      ],
    );
    expect((await parse(bytes)).pages[0]?.text).toBe(
      '| k | v |  |\n| --- | --- | --- |\n| a | 1 | 2 |\n| a | 3 | 4 |\n\n- Plan\n\nComments:\n\n- Too long?',
    );
  });

  it('tolerates links that lead nowhere, and lets a missing slide fail alone', async () => {
    const parts = presentationParts([
      {
        shapes: slideShape(['here']),
        links: [
          ['x', 'notesSlide', '../nothing.xml'],
          ['y', 'image', '../../../../etc/passwd'],
        ],
      },
      { shapes: slideShape(['gone']) },
    ]);
    const { pages } = await parse(buildZip(parts.filter(({ name }) => name !== 'ppt/slides/slide1.xml')));
    expect(pages.map(({ status }) => status)).toEqual(['text', 'failed']);
  });

  it('fetches nothing from outside', async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests++;
      response.end('<p:sld/>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
      const { pages } = await parse(
        buildPptx([
          {
            shapes: slideShape(['text']),
            links: [
              ['n', 'notesSlide', url, 'External'],
              ['i', 'image', url, 'External'],
            ],
          },
        ]),
      );
      expect(pages[0]?.text).toBe('text');
      expect(requests).toBe(0);
    } finally {
      server.close();
    }
  });

  it('refuses entities, bombs, passwords, damage and endless lists of slides', async () => {
    const parts = presentationParts([{ shapes: slideShape(['x']) }]);
    const replace = (name: string, data: string | Buffer) =>
      buildZip(parts.map((part) => (part.name === name ? { ...part, data } : part)));
    const cases: [string, Buffer][] = [
      [
        'entity_expansion',
        replace('ppt/slides/slide1.xml', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><p:sld>&b;</p:sld>'),
      ],
      ['inflated_too_large', replace('ppt/slides/slide1.xml', Buffer.alloc(64 * 1024 * 1024, 32))],
      [
        'inflated_too_large',
        replace('ppt/presentation.xml', `<p:presentation>${'<p:sldId r:id="s0"/>'.repeat(6000)}</p:presentation>`),
      ],
      ['password_required', buildZip(parts.map((part) => ({ ...part, flags: 1 })))],
      ['corrupt', replace('ppt/slides/slide1.xml', 'no xml')],
      ['corrupt', buildZip([{ name: 'ppt/other.xml', data: 'x' }])],
      ['no_pages', buildPptx([])],
    ];
    for (const [code, bytes] of cases) {
      await expect(parsePptx(parserInput(bytes)), code).rejects.toMatchObject({ code });
    }
  });
});
