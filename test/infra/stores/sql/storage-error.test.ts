import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/domain/errors.js';
import {
  isForeignKeyViolation,
  isUniqueViolation,
  toStorageError,
} from '../../../../src/infra/stores/sql/storage-error.js';

const coded = (code: string, message = 'a/secret/path failed'): Error => Object.assign(new Error(message), { code });

describe('the storage error of', () => {
  it.each(['SQLITE_FULL', 'ENOSPC', '53100'])('%s is storage_full', (code) => {
    expect(toStorageError(coded(code))).toMatchObject({ code: 'storage_full' });
  });

  it.each([
    ...[
      'SQLITE_BUSY',
      'SQLITE_BUSY_SNAPSHOT',
      'SQLITE_IOERR_WRITE',
      'SQLITE_CORRUPT',
      'SQLITE_NOTADB',
      'SQLITE_READONLY',
    ],
    ...[
      'SQLITE_CANTOPEN',
      'ECONNREFUSED',
      'ECONNRESET',
      'ENOTFOUND',
      'ETIMEDOUT',
      'EACCES',
      '08006',
      '57P01',
      '53300',
      '28P01',
    ],
    ...['3D000', '40P01'],
  ])('%s is storage_unavailable', (code) => {
    expect(toStorageError(coded(code))).toMatchObject({ code: 'storage_unavailable' });
  });

  it.each([
    'ConnectionFailed("Unable to open connection to local database")',
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
  ])('an error without a code that says "%s" is storage_unavailable', (message) => {
    expect(toStorageError(new Error(message))).toMatchObject({ code: 'storage_unavailable' });
  });

  it.each(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_ERROR', '23505', '42601', ''])('%s is itself', (code) => {
    const error = coded(code);
    expect(toStorageError(error)).toBe(error);
  });

  it('an AppError is itself, and nothing of the cause is in a message', () => {
    const known = new AppError('conflict', 'No.');
    expect(toStorageError(known)).toBe(known);
    expect((toStorageError(coded('SQLITE_FULL')) as Error).message).not.toContain('secret');
    expect(toStorageError(undefined)).toBeUndefined();
  });
});

it('knows what unique indexes and foreign keys refuse', () => {
  expect(
    ['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505'].map((code) => isUniqueViolation(coded(code))),
  ).toEqual([true, true, true]);
  expect(['SQLITE_CONSTRAINT_FOREIGNKEY', '23503'].map((code) => isForeignKeyViolation(coded(code)))).toEqual([
    true,
    true,
  ]);
  expect([isUniqueViolation(null), isForeignKeyViolation(coded('23505'))]).toEqual([false, false]);
});
