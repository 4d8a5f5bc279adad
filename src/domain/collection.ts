import { z } from 'zod';

/** A name that is also an address: lower case letters, digits, dashes. */
export const collectionNameSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'use lower case letters, digits and single dashes');

/** A named set of documents with one index of its own. */
export const collectionSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    settings: z.record(z.string(), z.unknown()),
    documents: z.number().int(),
    passages: z.number().int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Collection' });
export type Collection = z.infer<typeof collectionSchema>;

/** Body of POST /collections. */
export const createCollectionSchema = z.strictObject({
  name: collectionNameSchema,
  description: z.string().max(2000).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
});
export type CreateCollection = z.infer<typeof createCollectionSchema>;

/** Body of PATCH /collections/:collection. */
export const updateCollectionSchema = z.strictObject({
  name: collectionNameSchema.optional(),
  description: z.string().max(2000).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
});
export type UpdateCollection = z.infer<typeof updateCollectionSchema>;
