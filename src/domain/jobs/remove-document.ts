import { z } from 'zod';

/** Remove a tombstoned document from every store. */
export const REMOVE_DOCUMENT = 'remove-document';
export const removeDocumentPayloadSchema = z.object({ documentId: z.string() });
export type RemoveDocumentPayload = z.infer<typeof removeDocumentPayloadSchema>;
