/** Makes OpenDocument files, for tests. */
import { buildZip, type ZipPart } from './build-zip.js';

const NAMES = ['office', 'text', 'table', 'draw', 'presentation', 'style', 'svg'];
const SPACES = [
  ...NAMES.map((name) => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`),
  'xmlns:dc="http://purl.org/dc/elements/1.1/"',
].join(' ');

export type OdfKind = 'text' | 'spreadsheet' | 'presentation';

export interface OdfOptions {
  /** XML inside `office:automatic-styles`. */
  styles?: string;
  /** Before the root element of the content. */
  prolog?: string;
  title?: string;
  /** XML inside the manifest. */
  manifest?: string;
  mimetype?: string;
  more?: readonly ZipPart[];
}

/** The parts of a file whose `office:body` holds `content` inside the element of its kind. */
export function odfParts(kind: OdfKind, content: string, options: OdfOptions = {}): ZipPart[] {
  const mimetype = options.mimetype ?? `application/vnd.oasis.opendocument.${kind}`;
  const styles = `<office:automatic-styles>${options.styles ?? ''}</office:automatic-styles>`;
  const body = `<office:body><office:${kind}>${content}</office:${kind}></office:body>`;
  const root = `<office:document-content ${SPACES}>${styles}${body}</office:document-content>`;
  const title = options.title === undefined ? '' : `<dc:title>${options.title}</dc:title>`;
  return [
    { name: 'mimetype', data: mimetype, isStored: true },
    { name: 'content.xml', data: `<?xml version="1.0"?>${options.prolog ?? ''}${root}` },
    {
      name: 'meta.xml',
      data: `<office:document-meta ${SPACES}><office:meta>${title}</office:meta></office:document-meta>`,
    },
    {
      name: 'META-INF/manifest.xml',
      data: `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">${options.manifest ?? ''}</manifest:manifest>`,
    },
    ...(options.more ?? []),
  ];
}

/** The file. */
export function buildOdf(kind: OdfKind, content: string, options: OdfOptions = {}): Buffer {
  return buildZip(odfParts(kind, content, options));
}

/** A sheet of an OpenDocument spreadsheet; cells are their texts. */
export function odsSheet(name: string, rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => {
    const filled = cells.map(
      (cell) => `<table:table-cell>${cell === '' ? '' : `<text:p>${cell}</text:p>`}</table:table-cell>`,
    );
    return `<table:table-row>${filled.join('')}</table:table-row>`;
  });
  return `<table:table table:name="${name}">${lines.join('')}</table:table>`;
}
