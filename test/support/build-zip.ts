/** Makes ZIP archives, sound or with chosen lies, for tests of everything that reads them. */
import { deflateRawSync } from 'node:zlib';

export interface ZipPart {
  name: string;
  data: string | Uint8Array;
  /** Kept as it is instead of deflated. */
  isStored?: boolean;
  /** What the directory says about the inflated size, when it is to lie. */
  declaredSize?: number;
  /** General purpose flags; bit 0 says encrypted. */
  flags?: number;
}

/** The archive's bytes. Checksums are zero: no reader here looks at them. */
export function buildZip(parts: readonly ZipPart[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const data = Buffer.from(part.data);
    const body = part.isStored === true ? data : deflateRawSync(data);
    const name = Buffer.from(part.name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    writeFields(local, 4, part, { packed: body.length, size: data.length, name: name.length });
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    writeFields(entry, 6, part, { packed: body.length, size: part.declaredSize ?? data.length, name: name.length });
    entry.writeUInt32LE(offset, 42);
    locals.push(local, name, body);
    directory.push(entry, name);
    offset += 30 + name.length + body.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(parts.length, 0xffff), 8);
  end.writeUInt16LE(Math.min(parts.length, 0xffff), 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

/** The fields that local header and directory entry share, from "version needed" on. */
function writeFields(
  header: Buffer,
  at: number,
  part: ZipPart,
  sizes: { packed: number; size: number; name: number },
): void {
  header.writeUInt16LE(20, at);
  header.writeUInt16LE(part.flags ?? 0, at + 2);
  header.writeUInt16LE(part.isStored === true ? 0 : 8, at + 4);
  header.writeUInt32LE(sizes.packed, at + 14);
  header.writeUInt32LE(sizes.size, at + 18);
  header.writeUInt16LE(sizes.name, at + 22);
}
