import type { Collection, UpdateCollection } from '../collection.js';

/** Rows of collections. Every call takes the tenant; another tenant's rows do not exist for it. */
export interface CollectionStore {
  /** @throws AppError `conflict` when the name is taken */
  create(
    tenantId: string,
    input: { name: string; description: string; settings: Record<string, unknown> },
  ): Promise<Collection>;
  /** Creates the tenant's `default` collection unless it exists; safe to call at every start and at once. */
  ensureDefault(tenantId: string): Promise<Collection>;
  /** By id or name; null when there is none. */
  find(tenantId: string, idOrName: string): Promise<Collection | null>;
  list(
    tenantId: string,
    options: { limit: number; cursor: string | null },
  ): Promise<{ data: Collection[]; nextCursor: string | null }>;
  /** @throws AppError `not_found`, `conflict` */
  update(tenantId: string, id: string, change: UpdateCollection): Promise<Collection>;
  /** Removes an empty collection's row. @throws AppError `conflict` while it still has documents */
  remove(tenantId: string, id: string): Promise<void>;
}
