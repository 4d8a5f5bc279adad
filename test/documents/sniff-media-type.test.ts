import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { sniffMediaType } from '../../src/documents/sniff-media-type.js';
import { AppError } from '../../src/domain/errors.js';
import { buildDocx, wordParagraph } from '../support/build-docx.js';
import { buildOdf } from '../support/build-odf.js';
import { buildPdf } from '../support/build-pdf.js';
import { buildPptx } from '../support/build-pptx.js';
import { buildXlsx } from '../support/build-xlsx.js';
import { buildZip } from '../support/build-zip.js';

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const PNG = Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de', 'hex');
const docx = buildDocx(wordParagraph('hello'));
const pdf = buildPdf([['hello']]);

/** The media type, or the code of the error. */
async function sniff(content: string | Uint8Array, filename: string): Promise<string> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  try {
    return (await sniffMediaType({ bytes, filename })).mediaType;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

/** An OLE compound file whose directory holds the streams. */
function buildCompoundFile(streams: readonly string[]): Buffer {
  const file = Buffer.alloc(512 * 3);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(file);
  file.writeUInt16LE(9, 0x1e);
  file.writeUInt32LE(1, 0x30);
  file.fill(0xff, 0x4c, 512);
  file.writeUInt32LE(0, 0x4c);
  file.fill(0xff, 512, 1024);
  file.writeUInt32LE(0xfffffffe, 512 + 4);
  for (const [index, name] of streams.entries()) {
    const at = 1024 + index * 128;
    file.write(name, at, 'utf16le');
    file.writeUInt16LE(name.length * 2 + 2, at + 64);
  }
  return file;
}

describe('sniffMediaType', () => {
  it('knows binary formats by their bytes, whatever the name says', async () => {
    expect(await sniff(pdf, 'report.pdf')).toBe('application/pdf');
    expect(await sniff(pdf, 'report.docx')).toBe('application/pdf');
    expect(await sniff(Buffer.concat([Buffer.from('junk\0\x01\x02\n'), pdf]), 'report')).toBe('application/pdf');
    expect(await sniff(docx, 'letter.docx')).toBe(DOCX);
    expect(await sniff(docx, 'letter.doc')).toBe(DOCX);
    expect(await sniff(docx, '')).toBe(DOCX);
  });

  it('knows the families of office files, templates and files with macros included', async () => {
    const OOXML = 'application/vnd.openxmlformats-officedocument';
    expect(await sniff(buildXlsx({}), 'a.xlsm')).toBe(`${OOXML}.spreadsheetml.sheet`);
    expect(await sniff(buildXlsx({}), 'a.docx')).toBe(`${OOXML}.spreadsheetml.sheet`);
    expect(await sniff(buildPptx([]), 'a.potx')).toBe(`${OOXML}.presentationml.presentation`);
    expect(await sniff(docx, 'a.docm')).toBe(DOCX);
    const OPEN_DOCUMENT = 'application/vnd.oasis.opendocument';
    for (const kind of ['text', 'spreadsheet', 'presentation'] as const) {
      expect(await sniff(buildOdf(kind, ''), 'a')).toBe(`${OPEN_DOCUMENT}.${kind}`);
      const template = buildOdf(kind, '', { mimetype: `${OPEN_DOCUMENT}.${kind}-template` });
      expect(await sniff(template, 'a.ott')).toBe(`${OPEN_DOCUMENT}.${kind}`);
    }
    expect(await sniff(buildOdf('text', '', { mimetype: `${OPEN_DOCUMENT}.graphics` }), 'a.odg')).toBe(
      'unsupported_media_type',
    );
    expect(await sniff(buildOdf('text', '', { mimetype: 'constructor' }), 'a')).toBe('unsupported_media_type');
  });

  it('knows RTF, books, mail and data by their structure', async () => {
    expect(await sniff('{\\rtf1 hello}', 'a.doc')).toBe('application/rtf');
    expect(await sniff('\n {\\rtf1 hello}', 'a.txt')).toBe('application/rtf');
    const epub = 'application/epub+zip';
    expect(await sniff(buildZip([{ name: 'mimetype', data: epub, isStored: true }]), 'a.zip')).toBe(epub);
    expect(await sniff(buildZip([{ name: 'META-INF/container.xml', data: '<x/>' }]), 'a')).toBe(epub);
    const mail = 'Received: x\n by y\nFrom: a@b\nTo: c@d\nSubject: x\nMIME-Version: 1.0\n\nHi';
    for (const name of ['mail', 'mail.eml', 'mail.txt', 'page.mht'])
      expect(await sniff(mail, name)).toBe('message/rfc822');
    expect(await sniff(`From a@b Mon Jan 1\n${mail}`, 'a.eml')).toBe('message/rfc822');
    expect(await sniff('From: Ann\nTo: Ben\nDate: today\nSubject: lunch\n\nHi', 'memo.txt')).toBe('text/plain');
    expect(await sniff('just words', 'a.eml')).toBe('text/plain');
    expect(await sniff('{"a": 1}', 'a.json')).toBe('application/json');
    expect(await sniff('{"a": ', 'a.json')).toBe('application/json');
    expect(await sniff('{"a": 1}', 'data')).toBe('application/json');
    expect(await sniff('{"a": 1}\n{"a": 2}\n', 'data')).toBe('application/json');
    expect(await sniff('42', 'a.json')).toBe('application/json');
    expect(await sniff('just words', 'a.json')).toBe('text/plain');
    expect(await sniff('<?xml version="1.0"?><root/>', 'a')).toBe('application/xml');
    expect(await sniff('<root/>', 'a.xml')).toBe('application/xml');
    expect(await sniff('<?xml version="1.0"?><html><body/></html>', 'a.xml')).toBe('text/html');
    expect(await sniff('just words', 'a.xml')).toBe('text/plain');
    expect(await sniff('a\tb\n1\t2\n3\t4\n', 'a.tsv')).toBe('text/tab-separated-values');
    expect(await sniff('a\tb\n1\t2\n3\t4\n', 'export')).toBe('text/tab-separated-values');
    expect(await sniff(PNG, 'a.json')).toBe('type_mismatch');
    expect(await sniff(PNG, 'a.epub')).toBe('type_mismatch');
  });

  it('lets the name choose between text formats only', async () => {
    const text = 'a,b,c\n1,2,3\n4,5,6\n';
    expect(await sniff(text, 'a.csv')).toBe('text/csv');
    expect(await sniff(text, 'a.md')).toBe('text/markdown');
    expect(await sniff(text, 'a.txt')).toBe('text/plain');
    expect(await sniff(text, 'a.html')).toBe('text/html');
    expect(await sniff(text, 'a.TSV .')).toBe('text/csv');
  });

  it('chooses by structure when the name says nothing', async () => {
    expect(await sniff('a,b,c\n1,2,3\n4,5,6\n', 'export')).toBe('text/csv');
    expect(await sniff('# Title\n\nSome words.\n', 'README')).toBe('text/markdown');
    expect(await sniff('<!-- note -->\n<!DOCTYPE html><p>x</p>', 'page')).toBe('text/html');
    expect(await sniff('<html><body>x', 'page.txt')).toBe('text/html');
    expect(await sniff('Hello, world.\nThis is, well, prose.\nThree, lines.\n', 'note')).toBe('text/plain');
    expect(await sniff('print("hi")\n# comment\n', 'script.py')).toBe('text/plain');
  });

  it('sees text in every encoding', async () => {
    const text = '<!DOCTYPE html>\n<html><title>Grüße</title>';
    for (const encoding of ['utf-16le', 'utf-16be', 'utf-32le', 'utf-32be', 'windows-1252']) {
      expect(await sniff(iconv.encode(text, encoding), 'page')).toBe('text/html');
      expect(await sniff(iconv.encode(text, encoding, { addBOM: true }), 'page')).toBe('text/html');
    }
    expect(await sniff(iconv.encode('日本語のテキスト。\n'.repeat(9), 'Shift_JIS'), 'a.txt')).toBe('text/plain');
    expect(await sniff('   \n', 'blank.txt')).toBe('text/plain');
  });

  it('refuses empty files, pictures under a false name and formats it knows but cannot read', async () => {
    expect(await sniff('', 'a.txt')).toBe('document_empty');
    expect(await sniff(PNG, 'scan.pdf')).toBe('type_mismatch');
    expect(await sniff(PNG, 'scan.txt')).toBe('type_mismatch');
    expect(await sniff(PNG, 'scan.png')).toBe('unsupported_media_type');
    expect(await sniff('just words', 'a.pdf')).toBe('type_mismatch');
    expect(await sniff(Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]), 'a.bin')).toBe('unsupported_media_type');
    expect(await sniff('<svg xmlns="http://www.w3.org/2000/svg"/>', 'a.svg')).toBe('unsupported_media_type');
    expect(await sniff('{"cells": []}', 'a.ipynb')).toBe('unsupported_media_type');
    expect(await sniff(buildZip([{ name: 'visio/document.xml', data: '<x/>' }]), 'a.vsdx')).toBe(
      'unsupported_media_type',
    );
    expect(await sniff(buildZip([{ name: 'xl/workbook.bin', data: 'x' }]), 'a.xlsb')).toBe('unsupported_media_type');
    expect(await sniff(buildZip([{ name: 'visio/document.xml', data: '<x/>' }]), 'a.docx')).toBe('type_mismatch');
    for (const extension of ['pptx', 'xlsx', 'odt', 'ods', 'odp']) {
      expect(await sniff(PNG, `a.${extension}`)).toBe('type_mismatch');
      expect(await sniff('just words', `a.${extension}`)).toBe('type_mismatch');
    }
  });

  it('names the kind and what is supported in the sentence', async () => {
    const drawing = buildZip([{ name: 'visio/document.xml', data: '<x/>' }]);
    await expect(sniffMediaType({ bytes: drawing, filename: 'a.vsdx' })).rejects.toThrow(
      'This is a Visio drawing, which cannot be read. Supported are PDF, Word (.docx), PowerPoint (.pptx), Excel (.xlsx), ',
    );
    const old = buildCompoundFile(['Root Entry', 'WordDocument']);
    await expect(sniffMediaType({ bytes: old, filename: 'a.doc' })).rejects.toThrow('an old Word document');
  });

  it('tells encrypted Office files and damaged containers', async () => {
    const encrypted = buildCompoundFile(['Root Entry', 'EncryptedPackage', 'EncryptionInfo']);
    expect(await sniff(encrypted, 'a.docx')).toBe('password_required');
    expect(await sniff(docx.subarray(0, docx.length - 200), 'a.docx')).toBe('corrupt');
  });

  it('takes PDF syntax without a header for a damaged PDF when the name says PDF', async () => {
    expect(await sniff('trailer<<<>/Encrypt 62 0 R>>\n62 0 obj<<>>', 'a.pdf')).toBe('application/pdf');
    expect(await sniff('The trailer for the film', 'a.txt')).toBe('text/plain');
  });

  it('reads from a path as from memory', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sniff-'));
    try {
      const path = join(folder, 'upload');
      writeFileSync(path, Buffer.concat([docx]));
      expect(await sniffMediaType({ path, filename: 'a.docx' })).toEqual({ mediaType: DOCX });
      writeFileSync(path, '');
      await expect(sniffMediaType({ path, filename: 'a' })).rejects.toMatchObject({ code: 'document_empty' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ends with a type or an AppError for any bytes and any name', async () => {
    const signature = fc.constantFrom(
      '',
      'PK\x03\x04',
      '%PDF-',
      '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
      '<html',
      '\xff\xfe',
    );
    await fc.assert(
      fc.asyncProperty(signature, fc.uint8Array({ maxLength: 3000 }), fc.string(), async (start, rest, filename) => {
        expect(await sniff(Buffer.concat([Buffer.from(start, 'latin1'), rest]), filename)).toMatch(/^[a-z_./+-]+$/);
      }),
      { numRuns: 300 },
    );
  });

  it('ends for every cut and every flipped byte of a compound file and a ZIP', async () => {
    for (const file of [buildCompoundFile(['Root Entry', 'EncryptedPackage']), docx]) {
      for (let at = 0; at < file.length; at += 7) {
        const flipped = Buffer.from(file);
        flipped[at] = 0xff;
        expect(await sniff(flipped, 'a.docx')).toBeTypeOf('string');
        expect(await sniff(file.subarray(0, at), 'a.docx')).toBeTypeOf('string');
      }
    }
  });
});
