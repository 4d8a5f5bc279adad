/** Opaque ids with a type prefix, random, so that they neither count nor can be guessed. */

const ALPHABET = '0123456789abcdefghijkmnpqrstvwxyz';
const LENGTH = 24;

/** Prefixes in use: collection, document, answer, conversation, passage, job, request, key. */
export type IdPrefix = 'col' | 'doc' | 'ans' | 'cnv' | 'psg' | 'job' | 'req' | 'key';

/** A new id such as `doc_8f3k…`: 24 characters from a cryptographic source (about 121 bits). */
export function newId(prefix: IdPrefix): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(LENGTH * 2));
  let text = '';
  for (const byte of bytes) {
    if (byte >= ALPHABET.length * 7) continue;
    text += ALPHABET[byte % ALPHABET.length];
    if (text.length === LENGTH) return `${prefix}_${text}`;
  }
  return newId(prefix);
}

/** The id of a passage: the same document, version and ordinal always give the same id, so writing twice writes once. */
export function passageId(documentId: string, version: number, ordinal: number): string {
  return `psg_${documentId.replace(/^doc_/, '')}_${version}_${ordinal}`;
}
