import { describe, expect, it } from 'vitest';
import { parseApiKeys } from '../../src/config/secrets.js';
import { AppError } from '../../src/domain/errors.js';

const hash = 'ab12'.repeat(16);

describe('parseApiKeys', () => {
  it('reads one key for the default tenant', () => {
    expect(parseApiKeys(`ops:${hash}`)).toEqual([{ keyId: 'key_ops', sha256: hash, tenantId: 'default' }]);
  });

  it('reads several keys, with blanks around them, each with its tenant', () => {
    expect(parseApiKeys(`ops:${hash} , web_1:${hash.toUpperCase()}:acme-2`)).toEqual([
      { keyId: 'key_ops', sha256: hash, tenantId: 'default' },
      { keyId: 'key_web_1', sha256: hash, tenantId: 'acme-2' },
    ]);
  });

  it.each([
    ['a plain key', 'my-plain-secret-key', 1],
    ['a short hash', `ops:${hash.slice(1)}`, 1],
    ['a name with a blank', `my ops:${hash}`, 1],
    ['an upper-case tenant', `ops:${hash}:ACME`, 1],
    ['an empty entry', `ops:${hash},`, 2],
    ['a second entry that is wrong', `ops:${hash},my-plain-secret-key`, 2],
  ])('refuses %s, saying which entry it is and never showing it', (_what, text, position) => {
    const read = () => parseApiKeys(text);
    expect(read).toThrow(AppError);
    expect(read).toThrow(new RegExp(`^API_KEYS: entry ${position} `));
    expect(read).not.toThrow(/my-plain|my ops|ACME|[0-9a-f]{32}/);
  });
});
