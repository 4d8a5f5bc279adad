/** Which errors of the databases are the storage's fault, in the words of the product. */
import { AppError } from '../../../domain/errors.js';

const FULL = /^(SQLITE_FULL|ENOSPC|53100)/;
/** SQLite result codes, Node socket errors, and PostgreSQL's classes 08, 53, 57P and 28 (connection, resources, shutdown, login). */
const UNAVAILABLE =
  /^(SQLITE_(BUSY|LOCKED|IOERR|CORRUPT|NOTADB|READONLY|CANTOPEN|PROTOCOL|THREAD_ENDED|NOMEM)|E(CONN|ACCES|ROFS|PERM|NOTDIR|EXIST|IO$|MFILE|NOTFOUND|AI_|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH)|08|53|57P|28|3D000|40001|40P01|25P03)/;
/** libsql and pg report these without a code. */
const UNAVAILABLE_MESSAGE =
  /ConnectionFailed|Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end/;

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/**
 * The error as AppError `storage_full` or `storage_unavailable` when the database or its disk is the cause (the original
 * becomes `cause`); every other error is given back as it is.
 */
export function toStorageError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  if (FULL.test(code))
    return new AppError('storage_full', 'There is no space left for the database.', { cause: error });
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) {
    const detail = 'The database file is damaged. Restore it from a backup, or move it away to start empty.';
    return new AppError('storage_unavailable', detail, { cause: error });
  }
  if (UNAVAILABLE.test(code) || (error instanceof Error && UNAVAILABLE_MESSAGE.test(error.message))) {
    return new AppError('storage_unavailable', 'The database cannot be reached at the moment.', {
      cause: error,
      retryAfterSeconds: 2,
    });
  }
  return error;
}

/** True when a unique index refused a row. */
export function isUniqueViolation(error: unknown): boolean {
  return /^(SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)|23505)$/.test(codeOf(error));
}

/** True when a foreign key refused a change. */
export function isForeignKeyViolation(error: unknown): boolean {
  return /^(SQLITE_CONSTRAINT_FOREIGNKEY|23503)$/.test(codeOf(error));
}
