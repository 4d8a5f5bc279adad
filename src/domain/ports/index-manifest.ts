/** What the vector index was built with. Vectors of two embedders never mix. */
export interface IndexManifest {
  embedderId: string;
  dimension: number;
}

export interface IndexManifestStore {
  read(): Promise<IndexManifest | null>;
  /** Writes unless one is there already; gives what is there then. */
  writeOnce(manifest: IndexManifest): Promise<IndexManifest>;
  /** Overwrites: only when the index is rebuilt with the new embedder. */
  replace(manifest: IndexManifest): Promise<void>;
}
