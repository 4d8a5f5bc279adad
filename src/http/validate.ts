import { z } from 'zod';
import { AppError, type FieldError } from '../domain/errors.js';
import { isUnstorable } from './json-body.js';

/** More would help nobody and make a small request give a large answer. */
const MAX_ERRORS = 50;
const MAX_PATH_LENGTH = 200;

/** The schema, refusing unknown fields unless it says itself what becomes of them. */
export function strictened(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;
}

/**
 * The value as the schema gives it.
 * @param what what is checked, for the sentence: `body`, `query`, `path`, `headers`
 * @throws AppError `invalid_request` with one entry a broken field
 */
export async function validate(schema: z.ZodType, value: unknown, what: string): Promise<unknown> {
  const result = await schema.safeParseAsync(value);
  if (result.success) return result.data;
  throw new AppError('invalid_request', `The ${what} is not valid; see "errors" for the fields.`, {
    errors: result.error.issues.flatMap(toFieldErrors).slice(0, MAX_ERRORS),
  });
}

/** Refuses text in a path or query that no store can hold. @throws AppError `invalid_request` */
export function refuseUnstorable(values: Record<string, unknown>, what: string): void {
  for (const [name, value] of Object.entries(values)) {
    if ([name, value].flat(2).some((text) => typeof text === 'string' && isUnstorable(text))) {
      throw new AppError('invalid_request', `The ${what} holds a NUL character or half a surrogate pair.`);
    }
  }
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: dotted([...issue.path, key]), message: 'This field is not known.' }));
  }
  return [{ path: dotted(issue.path), message: issue.message }];
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.').slice(0, MAX_PATH_LENGTH);
}
