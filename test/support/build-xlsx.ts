/** Makes Excel workbooks, for tests. */
import { escapeXml } from './build-docx.js';
import { CONTENT_TYPES, OFFICE, relationshipsPart } from './build-ooxml.js';
import { buildZip, type ZipPart } from './build-zip.js';

const SHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';

export interface WorkbookOptions {
  sharedStrings?: readonly string[];
  /** XML inside `styleSheet`. */
  styles?: string;
  is1904?: boolean;
  more?: readonly ZipPart[];
}

/** Sheet data (`<row>`s) of text and numbers, from A1 on; null leaves a cell out. */
export function sheetRows(rows: readonly (readonly (string | number | null)[])[]): string {
  const lines = rows.map((cells) => {
    const filled = cells.map((cell) => {
      if (cell === null) return '<c/>';
      if (typeof cell === 'number') return `<c><v>${cell}</v></c>`;
      return `<c t="inlineStr"><is><t>${escapeXml(cell)}</t></is></c>`;
    });
    return `<row>${filled.join('')}</row>`;
  });
  return lines.join('');
}

/** The parts of a workbook with these sheets: name -> rows, or everything inside `worksheet` when it has `sheetData`. */
export function workbookParts(sheets: Record<string, string>, options: WorkbookOptions = {}): ZipPart[] {
  const entries = Object.entries(sheets);
  const list = entries.map(
    ([name], index) => `<sheet name="${escapeXml(name)}" sheetId="${index + 1}" r:id="s${index + 1}"/>`,
  );
  const links = entries.map((_entry, index) => [`s${index + 1}`, 'worksheet', `worksheets/${index + 1}.xml`] as const);
  const strings = (options.sharedStrings ?? []).map((text) => `<si>${text}</si>`).join('');
  return [
    CONTENT_TYPES,
    relationshipsPart('', [['r1', 'officeDocument', 'xl/workbook.xml']]),
    relationshipsPart('xl/workbook.xml', [
      ...links,
      ['a', 'sharedStrings', '/xl/sharedStrings.xml'],
      ['b', 'styles', 'styles.xml'],
    ]),
    {
      name: 'xl/workbook.xml',
      data: `<workbook xmlns="${SHEET}" xmlns:r="${OFFICE}"><workbookPr date1904="${options.is1904 === true ? 1 : 0}"/><sheets>${list.join('')}</sheets></workbook>`,
    },
    { name: 'xl/sharedStrings.xml', data: `<sst xmlns="${SHEET}">${strings}</sst>` },
    { name: 'xl/styles.xml', data: `<styleSheet xmlns="${SHEET}">${options.styles ?? ''}</styleSheet>` },
    ...entries.map(([, content], index) => ({
      name: `xl/worksheets/${index + 1}.xml`,
      data: `<worksheet xmlns="${SHEET}">${content.includes('<sheetData') ? content : `<sheetData>${content}</sheetData>`}</worksheet>`,
    })),
    ...(options.more ?? []),
  ];
}

/** A workbook. */
export function buildXlsx(sheets: Record<string, string>, options: WorkbookOptions = {}): Buffer {
  return buildZip(workbookParts(sheets, options));
}
