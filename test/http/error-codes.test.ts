import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError, ERROR_CODE_LIST, ERROR_CODES } from '../../src/domain/errors.js';
import { toProblem } from '../../src/domain/problem.js';

describe('docs/errors.md', () => {
  it('lists every code with its status, and no other', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (.+) \| (.+) \|$/gm)].map((match) => [
      match[1],
      match[2],
    ]);
    const codes = ERROR_CODE_LIST.map((code) => [code, String(ERROR_CODES[code].status)]);
    expect(rows.sort()).toEqual(codes.sort());
  });
});

describe('toProblem', () => {
  it('gives the RFC 9457 members, the code, and the field errors only when there are some', () => {
    const errors = [{ path: 'a', message: 'b' }];
    expect(toProblem(new AppError('invalid_request', 'No.', { errors, cause: new Error('hidden') }), 'req_1')).toEqual({
      type: 'urn:footnote:error:invalid_request',
      title: 'The request is not valid',
      status: 400,
      detail: 'No.',
      code: 'invalid_request',
      instance: 'req_1',
      errors,
    });
    expect(Object.keys(toProblem(new AppError('not_found', 'No.'), 'req_1'))).not.toContain('errors');
  });
});
