/** A PostgreSQL server for tests, null-like when none is offered. The only place of the tests that reads it. */
export const testDatabaseUrl: string | undefined = process.env.TEST_DATABASE_URL;
