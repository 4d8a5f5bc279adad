import { describeIdempotencyStoreContract } from '../contract/idempotency-store.js';
import { createFakeIdempotencyStore } from './fake-idempotency-store.js';

describeIdempotencyStoreContract('memory', async () => createFakeIdempotencyStore());
