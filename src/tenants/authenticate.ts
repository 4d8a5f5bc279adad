import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError } from '../domain/errors.js';
import { type ApiKeyRecord, DEFAULT_TENANT, type Principal } from '../domain/principal.js';
import type { Authenticate } from '../http/mount-routes.js';
import { digestApiKey } from './api-keys.js';

/** Our own keys have 46 characters; longer ones are not worth a hash. */
const MAX_KEY_LENGTH = 512;

/**
 * Makes the one function that says who asks, for every route and door: `Authorization: Bearer KEY`, or `X-API-Key: KEY`.
 * Without configured keys everybody is the local principal; the loopback guard stands before that.
 *
 * The function throws AppError `unauthenticated`, the same for a missing and a wrong key.
 */
export function createAuthenticate({ apiKeys }: { apiKeys: readonly ApiKeyRecord[] }): Authenticate {
  if (apiKeys.length === 0) return () => ({ tenantId: DEFAULT_TENANT, keyId: 'local' });
  const known = apiKeys.map(({ keyId, tenantId, sha256 }) => ({
    principal: { tenantId, keyId },
    digest: Buffer.from(sha256, 'hex'),
  }));
  return (request) => {
    const key = presentedKey(request);
    const principal = key === null ? null : findPrincipal(known, key);
    if (principal === null) {
      throw new AppError(
        'unauthenticated',
        'Send a valid API key: "Authorization: Bearer <key>" or "X-API-Key: <key>".',
      );
    }
    return principal;
  };
}

/** Compares with every record in constant time, so that the time tells nothing about which or how much was right. */
function findPrincipal(known: { principal: Principal; digest: Buffer }[], key: string): Principal | null {
  const digest = digestApiKey(key);
  let found: Principal | null = null;
  for (const record of known) {
    if (timingSafeEqual(record.digest, digest)) found = record.principal;
  }
  return found;
}

/** An Authorization header of any kind wins over X-API-Key: one request has one identity. */
function presentedKey({ headers }: IncomingMessage): string | null {
  const given =
    headers.authorization === undefined
      ? headers['x-api-key']
      : /^Bearer +([^\s]+) *$/i.exec(headers.authorization)?.[1];
  return typeof given === 'string' && given.length > 0 && given.length <= MAX_KEY_LENGTH ? given : null;
}
