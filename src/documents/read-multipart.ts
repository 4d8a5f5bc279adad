import type { Request, Response } from 'express';
import multer from 'multer';
import { z } from 'zod';
import { aclSchema, metadataSchema } from '../domain/document.js';
import { AppError } from '../domain/errors.js';
import { refuseHostileJson } from '../http/json-body.js';
import { validate } from '../http/validate.js';
import type { StoredUpload } from './accept-file.js';
import { createHashingDiskStorage, type HashingDiskStorage } from './hashing-disk-storage.js';

/** Limits of one multipart request. */
export interface UploadLimits {
  /** Where parts are written while they come in. */
  directory: string;
  maxFileBytes: number;
  maxFiles: number;
}

/** One received part. */
export interface ReceivedFile extends StoredUpload {
  filename: string;
}

/** The fields beside the files, parsed. */
export interface UploadFields {
  metadata?: z.infer<typeof metadataSchema> | undefined;
  acl?: string[] | undefined;
  externalId?: string | undefined;
}

const MAX_FIELD_BYTES = 100_000;

const fieldsSchema = z.strictObject({
  metadata: jsonField(metadataSchema),
  acl: jsonField(aclSchema),
  externalId: z.string().trim().min(1).max(500).optional(),
});

/** The parts of a replacement, for the OpenAPI document only. */
export const oneFileShape = z.object({
  files: z.string().meta({ format: 'binary', description: 'Exactly one file.' }),
  metadata: z.string().optional().meta({ description: 'A JSON object.' }),
  acl: z.string().optional().meta({ description: 'A JSON array of group names.' }),
});

/** The parts of an upload, for the OpenAPI document only. */
export const multipartShape = oneFileShape.extend({
  files: z.array(z.string().meta({ format: 'binary' })).meta({ description: 'One or more files.' }),
  externalId: z.string().optional().meta({ description: 'With exactly one file.' }),
});

/**
 * Streams the parts named `files` to disk and gives them to `use`; what `use` has not moved away is removed afterwards,
 * however the request ends.
 * @throws AppError `no_files`, `invalid_request`, and multer's errors for broken bodies and limits (mapped by the HTTP layer)
 */
export async function readMultipart<Result>(
  request: Request,
  response: Response,
  options: {
    limits: UploadLimits;
    use: (files: [ReceivedFile, ...ReceivedFile[]], fields: UploadFields) => Promise<Result>;
  },
): Promise<Result> {
  const { limits } = options;
  const grownTooLarge = new AbortController();
  const storage = createHashingDiskStorage(limits.directory, () => grownTooLarge.abort());
  try {
    await new Promise<void>((resolve, reject) => {
      grownTooLarge.signal.addEventListener('abort', () => reject(tooLarge(limits)));
      const receive = createReceiver(storage, limits);
      receive(request, response, (error: unknown) => (error === undefined ? resolve() : reject(error)));
    });
    const [first, ...others] = readFiles(request);
    if (first === undefined) throw new AppError('no_files', 'Send at least one part named "files".');
    const fields = (await validate(fieldsSchema, { ...request.body }, 'form')) as UploadFields;
    if (fields.externalId !== undefined && others.length > 0) {
      throw new AppError('invalid_request', 'externalId goes with exactly one file.');
    }
    return await options.use([first, ...others], fields);
  } finally {
    await storage.discard();
  }
}

function tooLarge({ maxFileBytes }: UploadLimits): AppError {
  const megabytes = Math.round(maxFileBytes / (1024 * 1024));
  return new AppError('payload_too_large', `A file may have at most ${megabytes} MB.`);
}

function createReceiver(storage: HashingDiskStorage, { maxFileBytes, maxFiles }: UploadLimits) {
  return multer({
    storage: storage.engine,
    defParamCharset: 'utf8',
    limits: {
      fileSize: maxFileBytes,
      files: maxFiles,
      fields: 10,
      parts: maxFiles + 10,
      fieldSize: MAX_FIELD_BYTES,
      fieldNameSize: 100,
    },
  }).array('files', maxFiles);
}

function readFiles(request: Request): ReceivedFile[] {
  const files = (Array.isArray(request.files) ? request.files : []) as (Express.Multer.File & StoredUpload)[];
  return files.map(({ path, size, sha256, originalname }) => ({ path, size, sha256, filename: originalname }));
}

function jsonField<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context) => {
      try {
        const value: unknown = JSON.parse(text);
        refuseHostileJson(value);
        return value;
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON that can be taken' });
        return z.NEVER;
      }
    })
    .pipe(schema)
    .optional();
}
