/**
 * The only file that reads process.env. It turns the environment into validated, typed settings; everything else takes
 * values. A setting that is wrong or unknown to its rule stops the start with one sentence.
 */
import { z } from 'zod';
import { AppError } from '../domain/errors.js';

const port = z
  .string()
  .trim()
  .regex(/^\d+$/, 'must be a whole number')
  .transform(Number)
  .pipe(z.number().int().max(65_535));
const positive = (maximum: number) => z.coerce.number().int().min(1).max(maximum);
const optionalText = z.string().trim().min(1).optional();
const httpUrl = z
  .string()
  .trim()
  .regex(/^https?:\/\/\S+$/, 'must be an http:// or https:// address')
  .transform((value) => value.replace(/\/+$/, ''));

/** One rule a variable; the defaults are the embedded installation. README and .env.example list the same names. */
export const environmentSchema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('production'),
  PORT: port.default(3000),
  HOST: z.string().trim().min(1).default('127.0.0.1'),
  PUBLIC_URL: httpUrl.optional(),
  DATA_DIR: z.string().trim().min(1).default('data/runtime'),
  DATABASE_URL: z
    .string()
    .trim()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'must start with postgres://')
    .optional(),
  CHROMA_URL: httpUrl.optional(),
  API_KEYS: optionalText,
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  EMBEDDING_MODEL: z
    .string()
    .trim()
    .regex(/^(builtin|openai:\S+)$/, 'must be "builtin" or "openai:<model name>"')
    .default('builtin'),
  EMBEDDING_DIMENSION: positive(8192).optional(),
  EMBEDDING_BASE_URL: httpUrl.optional(),
  CHAT_MODEL: z
    .string()
    .trim()
    .regex(/^(none|[a-z0-9_-]+:\S+)$/, 'must be "none" or "<provider>:<model name>", e.g. openai:gpt-4o-mini')
    .default('none'),
  CHAT_FIRST_TOKEN_TIMEOUT_SECONDS: positive(600).default(20),
  CHAT_TOTAL_TIMEOUT_SECONDS: positive(3600).default(120),
  OPENAI_API_KEY: optionalText,
  OPENAI_BASE_URL: httpUrl.optional(),
  RERANK_URL: httpUrl.optional(),
  RERANK_MODEL: optionalText,
  RERANK_API_KEY: optionalText,
  MAX_UPLOAD_MB: positive(4096).default(200),
  MAX_UPLOAD_FILES: positive(1000).default(100),
  CHUNK_TOKENS: z.coerce.number().int().min(50).max(2000).default(400),
  MAX_PASSAGES_PER_DOCUMENT: positive(1_000_000).default(50_000),
  PARSE_TIMEOUT_SECONDS: positive(3600).default(120),
  PARSE_MEMORY_MB: z.coerce.number().int().min(64).max(16_384).default(768),
  INGEST_CONCURRENCY: positive(64).default(1),
  JOB_LEASE_SECONDS: z.coerce.number().int().min(2).max(3600).default(30),
  JOB_MAX_ATTEMPTS: positive(20).default(3),
  DISCONNECT_GRACE_SECONDS: z.coerce.number().int().min(0).max(600).default(30),
  /** With the worker's 8 s and Chroma's 3 s the whole stop stays below 30 s. */
  SHUTDOWN_GRACE_SECONDS: z.coerce.number().int().min(3).max(17).default(15),
  FOOTNOTE_URL: httpUrl.optional(),
  FOOTNOTE_API_KEY: optionalText,
  /** Failpoints, honoured only with NODE_ENV=test. */
  FAIL: optionalText,
});

/** The validated environment. */
export type Environment = z.infer<typeof environmentSchema>;

/** Names of all settings, in the order of the schema. */
export const SETTING_NAMES = Object.keys(environmentSchema.shape) as (keyof Environment)[];

/**
 * Reads and validates the settings; an empty value counts as not set.
 * @throws AppError `configuration_invalid` naming each wrong variable (never its value: it may be a secret)
 */
export function readEnvironment(source: Record<string, string | undefined> = process.env): Environment {
  const given = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, source[name]]).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = environmentSchema.safeParse(given);
  if (result.success) return result.data;
  const reasons = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AppError('configuration_invalid', `The configuration is not valid. ${reasons.join('; ')}.`);
}

/** The environment for a child process of ours: what the machine gives, with `extra` on top. */
export function childEnvironment(extra: Record<string, string>): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(inherited), ...extra };
}

/** Adds the variables of a `.env` file in the working directory, where there is one; what is set already wins. */
export function loadEnvironmentFile(): void {
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
