import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { parseEml } from '../../../ingest/parse/parse-eml.js';
import { expectSoundDocument } from '../../support/expect-sound-document.js';
import { parserInput } from '../../support/parser-input.js';

async function parse(message: string | Uint8Array) {
  const parsed = await parseEml(parserInput(message));
  expectSoundDocument(parsed);
  return parsed;
}

async function textOf(message: string | Uint8Array): Promise<string> {
  return (await parse(message)).pages[0]?.text ?? '';
}

const HEADER = 'From: Ann <ann@example.org>\nSubject: Hello\n';

/** A message with these parts, each with its own header. */
function multipart(kind: string, ...parts: string[]): string {
  return `Content-Type: multipart/${kind}; boundary="=b"\n\n${parts.map((part) => `--=b\n${part}\n`).join('')}--=b--\n`;
}

describe('parseEml', () => {
  it('begins with subject, sender, receivers and date', async () => {
    const parsed = await parse(
      'From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\nTo: Team: a@example.org, "B, C" <b@example.org>;\nCc: d@example.org\n' +
        'Date: Tue, 01 Oct 2024 12:34:56 -0500\nSubject: =?iso-8859-1?Q?Gr=FC=DFe?=\n\nHi\n\nBye\n',
    );
    expect(parsed.title).toBe('Grüße');
    expect(parsed.pages[0]?.text).toBe(
      'Grüße\n\nFrom: Jörg <j@example.org>\nTo: a@example.org, B, C <b@example.org>\nCc: d@example.org\n' +
        'Date: 2024-10-01T17:34:56Z\n\nHi\n\nBye',
    );
    expect(parsed.pages[0]?.blocks[0]).toMatchObject({ kind: 'heading', level: 1 });
  });

  it('prefers the plain text, unless it only says that there is HTML', async () => {
    const html = `Content-Type: text/html\n\n<p>${'Many words. '.repeat(40)}</p>`;
    const plain = 'Content-Type: text/plain\n\nThe text as it was written.';
    expect(
      await textOf(HEADER + multipart('alternative', plain, 'Content-Type: text/html\n\n<p>The text</p>')),
    ).toMatch(/The text as it was written\.$/);
    const stub = 'Content-Type: text/plain\n\nUse an HTML reader.';
    expect(await textOf(HEADER + multipart('alternative', stub, html))).toContain('Many words.');
    expect(await textOf(HEADER + multipart('mixed', html, 'Content-Type: text/plain\n\n-- \nlist footer'))).toMatch(
      /Many words\.\n\n--\s\nlist footer$/,
    );
    expect(await textOf(`${HEADER}Content-Type: text/html\n\n<ul><li>one<li>two</ul><script>x</script>`)).toMatch(
      /\n\n- one\n- two$/,
    );
  });

  it('decodes the character sets that parts name', async () => {
    const japanese = iconv.encode('日本語の本文', 'Shift_JIS');
    const header = Buffer.from(`${HEADER}Content-Type: text/plain; charset=shift_jis\n\n`);
    expect(await textOf(Buffer.concat([header, japanese]))).toContain('日本語の本文');
    const quoted = `${HEADER}Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: quoted-printable\n\n=F0=D2=C9=\n=D7=C5=D4`;
    expect(await textOf(quoted)).toContain('Привет');
  });

  it('names attachments, reads texts and forwarded messages among them, to a depth', async () => {
    const inner = (subject: string, rest: string) =>
      `Content-Type: message/rfc822\n\nFrom: b@c.d\nSubject: ${subject}\n${rest}`;
    const message =
      HEADER +
      multipart(
        'mixed',
        'Content-Type: text/plain\n\nSee below.',
        'Content-Type: application/pdf; name="report.pdf"\nContent-Disposition: attachment\n\n%PDF-',
        'Content-Type: text/plain; name="notes.txt"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZQ==',
        inner('Forwarded', '\nOld words.'),
      );
    expect(await textOf(message)).toBe(
      'Hello\n\nFrom: Ann <ann@example.org>\n\nSee below.\n\nAttachments: report.pdf, notes.txt, (message/rfc822)\n\n' +
        'notes.txt\n\nGrüße\n\nForwarded\n\nFrom: b@c.d\n\nOld words.',
    );
    let nested = '\ndeepest';
    for (let depth = 9; depth > 0; depth--) {
      nested = `Content-Type: multipart/mixed; boundary=x${depth}\n\n--x${depth}\n${inner(`level ${depth}`, nested)}\n--x${depth}--\n`;
    }
    const text = await textOf(HEADER + nested);
    expect(text).toContain('level 3');
    expect(text).not.toContain('level 4');
  });

  it('bears broken encodings, missing ends and missing bodies', async () => {
    expect(await textOf(`${HEADER}Content-Transfer-Encoding: base64\n\nSGVsbG8gd29ybGQ*!`)).toContain('Hello world');
    expect(await textOf(`${HEADER}Content-Transfer-Encoding: quoted-printable\n\na=ZZb=`)).toContain('a=ZZb');
    expect(await textOf(`${HEADER}Content-Type: multipart/mixed; boundary=b\n\n--b\n\ncut off`)).toContain('cut off');
    expect(await textOf(HEADER)).toBe('Hello\n\nFrom: Ann <ann@example.org>');
  });

  it('refuses text without a header, too many parts and headers without end', async () => {
    const cases: [string, string][] = [
      ['corrupt', 'just words\n\nand more'],
      ['inflated_too_large', HEADER + multipart('mixed', ...Array<string>(1_500).fill('\nx'))],
    ];
    for (const [code, message] of cases) await expect(parse(message), code).rejects.toMatchObject({ code });
    await expect(parse(`Subject: ${'a'.repeat(2_000_000)}\n\nx`)).rejects.toThrow('header size');
  });
});
