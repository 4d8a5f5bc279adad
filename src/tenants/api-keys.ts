import { createHash, randomBytes } from 'node:crypto';

/** SHA-256 of a key. Keys are random (256 bits), so no slow hash is needed. */
export function digestApiKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

/** A new key `fn_…` of 256 random bits, to be shown once, and its SHA-256 in hex, to be stored. */
export function generateApiKey(): { key: string; sha256: string } {
  const key = `fn_${randomBytes(32).toString('base64url')}`;
  return { key, sha256: digestApiKey(key).toString('hex') };
}
