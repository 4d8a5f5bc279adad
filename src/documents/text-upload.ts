/** Uploads that are a title and a text in JSON, not a file. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { aclSchema, metadataSchema } from '../domain/document.js';
import { type IncomingFile, writeHashed } from './accept-file.js';

/** A document's title as a person gives it. */
export const titleSchema = z.string().trim().min(1).max(500);

/** Fields that every text upload has. */
export const textFields = {
  title: titleSchema,
  text: z.string().min(1).max(1_900_000),
  metadata: metadataSchema.optional(),
  acl: aclSchema.optional(),
};

/** Gives the text to `use` as a file in `directory`; what `use` has not moved away is removed afterwards. */
export async function withTextFile<Result>(
  directory: string,
  { title, text }: { title: string; text: string },
  use: (file: IncomingFile) => Promise<Result>,
): Promise<Result> {
  const path = join(directory, `text-${randomUUID()}`);
  try {
    const { size, sha256 } = await writeHashed(Readable.from([Buffer.from(text, 'utf8')]), path);
    return await use({ path, bytes: size, sha256, filename: `${title}.txt`, mediaType: 'text/plain' });
  } finally {
    await rm(path, { force: true });
  }
}
