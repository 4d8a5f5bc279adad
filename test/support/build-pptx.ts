/** Makes PowerPoint presentations, for tests. */
import { escapeXml } from './build-docx.js';
import { CONTENT_TYPES, type Link, OFFICE, relationshipsPart } from './build-ooxml.js';
import { buildZip, type ZipPart } from './build-zip.js';

const SPACES =
  `xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="${OFFICE}" ` +
  'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"';

/** A slide: shapes as XML, notes as text, further links. */
export interface SlideInput {
  shapes: string;
  notes?: string;
  links?: readonly Link[];
}

/** A shape with paragraphs; `placeholder` is its type, `` for the usual one. */
export function slideShape(paragraphs: readonly string[], placeholder?: string): string {
  const mark = placeholder === undefined ? '' : `<p:ph${placeholder === '' ? '' : ` type="${placeholder}"`}/>`;
  const lines = paragraphs.map((text) => `<a:p><a:r><a:t>${escapeXml(text)}</a:t></a:r></a:p>`);
  return `<p:sp><p:nvSpPr><p:nvPr>${mark}</p:nvPr></p:nvSpPr><p:txBody>${lines.join('')}</p:txBody></p:sp>`;
}

/** A table. */
export function slideTable(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) =>
    `<a:tc><a:txBody><a:p><a:r><a:t>${escapeXml(text)}</a:t></a:r></a:p></a:txBody></a:tc>`;
  const lines = rows.map((cells) => `<a:tr>${cells.map(cell).join('')}</a:tr>`);
  return `<p:graphicFrame><a:graphic><a:graphicData><a:tbl>${lines.join('')}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;
}

/** The parts of a presentation. Slide files are numbered backwards: their names say nothing about the order. */
export function presentationParts(slides: readonly SlideInput[]): ZipPart[] {
  const fileOf = (index: number) => `slides/slide${slides.length - index}.xml`;
  const ids = slides.map((_slide, index) => `<p:sldId id="${256 + index}" r:id="s${index}"/>`);
  const parts = slides.flatMap(({ shapes, notes, links }, index): ZipPart[] => {
    const note: Link[] = notes === undefined ? [] : [['n', 'notesSlide', `../notesSlides/n${index}.xml`]];
    const noteShapes = slideShape([notes ?? ''], 'body') + slideShape(['7'], 'sldNum');
    return [
      { name: `ppt/${fileOf(index)}`, data: slideXml('sld', shapes) },
      relationshipsPart(`ppt/${fileOf(index)}`, [...note, ...(links ?? [])]),
      ...(notes === undefined ? [] : [{ name: `ppt/notesSlides/n${index}.xml`, data: slideXml('notes', noteShapes) }]),
    ];
  });
  return [
    CONTENT_TYPES,
    relationshipsPart('', [['r1', 'officeDocument', 'ppt/presentation.xml']]),
    relationshipsPart(
      'ppt/presentation.xml',
      slides.map((_slide, index) => [`s${index}`, 'slide', fileOf(index)]),
    ),
    {
      name: 'ppt/presentation.xml',
      data: `<p:presentation ${SPACES}><p:sldIdLst>${ids.join('')}</p:sldIdLst></p:presentation>`,
    },
    ...parts,
  ];
}

function slideXml(root: string, shapes: string): string {
  return `<p:${root} ${SPACES}><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:${root}>`;
}

/** A presentation. */
export function buildPptx(slides: readonly SlideInput[], more: readonly ZipPart[] = []): Buffer {
  return buildZip([...presentationParts(slides), ...more]);
}
