import { defineConfig } from 'vitest/config';

const shared = { environment: 'node', pool: 'forks', hookTimeout: 60_000, env: { NODE_ENV: 'test' } } as const;

/** `unit`: everything in one process. `flows`: the built product as its users run it, in processes of its own. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/flows/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'flows',
          include: ['test/flows/**/*.test.ts'],
          globalSetup: ['test/support/build-product.ts'],
          testTimeout: 90_000,
        },
      },
    ],
  },
});
