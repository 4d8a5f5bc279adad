import { defineConfig } from 'vitest/config';

const shared = { environment: 'node', pool: 'forks', hookTimeout: 60_000, env: { NODE_ENV: 'test' } } as const;

/** Hostile input of megabytes, and servers that are killed and come back: part of `npm test`, not of `npm run check`. */
const slow = ['test/**/hostile-*.test.ts', 'test/infra/stores/chroma/chroma-server.test.ts'];

/** `unit` and `slow`: everything in one process. `flows`: the built product as its users run it, in processes of its own. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/flows/**', ...slow],
          testTimeout: 30_000,
        },
      },
      { test: { ...shared, name: 'slow', include: slow, testTimeout: 30_000 } },
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
