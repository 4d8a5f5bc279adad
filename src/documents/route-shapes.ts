/** Request and response shapes that the library's routes share. */
import { z } from 'zod';
import { documentSchema } from '../domain/document.js';

/** `?wait=` in seconds. */
export const waitSchema = z.coerce.number().min(0).max(60).default(0).meta({
  description: 'Answer when every named document is ready or failed, at the latest after this many seconds.',
});

export const limitSchema = z.coerce.number().int().min(1).max(200).default(50);
export const cursorSchema = z.string().max(500).optional();

/** Address of one document. */
export const documentParams = z.object({ id: z.string().max(100) });

/** Address of one collection: its id or its name. */
export const collectionParams = z.object({ collection: z.string().max(100) });

/** A page of a list. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ data: z.array(item), nextCursor: z.string().nullable() });
}

/** A file that was not taken, and why. */
export const rejectedFileSchema = z
  .object({ filename: z.string(), code: z.string(), detail: z.string() })
  .meta({ id: 'RejectedFile' });
export type RejectedFile = z.infer<typeof rejectedFileSchema>;

/** What an upload answers. */
export const uploadResultSchema = z
  .object({ documents: z.array(documentSchema), rejected: z.array(rejectedFileSchema) })
  .meta({ id: 'UploadResult' });
