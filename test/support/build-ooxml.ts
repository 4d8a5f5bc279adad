/** Relationships of OOXML packages, for tests. */
import type { ZipPart } from './build-zip.js';

const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
export const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** A link: id, last segment of its type, target; `mode` is `External` for links out of the file. */
export type Link = readonly [id: string, type: string, target: string, mode?: string];

/** The part that lists the links of another part (`xl/workbook.xml`; `` for the package). */
export function relationshipsPart(part: string, links: readonly Link[]): ZipPart {
  const slash = part.lastIndexOf('/') + 1;
  const list = links.map(
    ([id, type, target, mode]) =>
      `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"${mode ? ` TargetMode="${mode}"` : ''}/>`,
  );
  return {
    name: `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`,
    data: `<Relationships xmlns="${PACKAGE}/relationships">${list.join('')}</Relationships>`,
  };
}

/** The content types that every package needs. */
export const CONTENT_TYPES: ZipPart = {
  name: '[Content_Types].xml',
  data: `<Types xmlns="${PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
};
