/** Who asks: every query of every store takes the tenant from here. */
export interface Principal {
  tenantId: string;
  /** Id of the key that was shown, or `local` when the server runs without keys on loopback. */
  keyId: string;
}

/** The tenant of an installation without keys. */
export const DEFAULT_TENANT = 'default';

/** The collection that exists from the first start. */
export const DEFAULT_COLLECTION = 'default';

/** A configured API key; the key itself is not known to us. */
export interface ApiKeyRecord {
  keyId: string;
  tenantId: string;
  /** SHA-256 of the key, lower-case hex. */
  sha256: string;
}
