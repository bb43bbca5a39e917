import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** Node's answer to "where is the project": the nearest folder above this file that has a package.json. */
export function projectRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

const Port = z.coerce.number().int().min(1).max(65_535);

const Environment = z.object({
  NODE_ENV: z.string().default('development'),
  API_PORT: Port.default(3000),
  API_HOST: z.string().default('127.0.0.1'),
  API_URL: z.url().optional(),
  ENGINE_URL: z.url().optional(),
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: z.string().min(1, 'is needed: npm start sets it'),
  DATABASE_POOL: z.coerce.number().int().min(2).max(100).default(10),
  REDIS_URL: z.string().min(1, 'is needed: npm start sets it'),
  REDIS_PREFIX: z.string().default('sagatable:'),
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_UI_URL: z.url().default('http://127.0.0.1:8233'),
  JWT_SECRET: z.string().min(32, 'must have at least 32 characters'),
  /** `id:base64` of 32 bytes, comma-separated; the first encrypts, all decrypt. */
  ENCRYPTION_KEYS: z.string().min(1),
  GEMINI_API_KEY: z.string().optional(),
  GEMINI_BASE_URL: z.url().default('https://generativelanguage.googleapis.com'),
  GEMINI_MODEL: z.string().default('gemini-2.5-flash'),
  AIRTABLE_HOSTS: z.string().default(''),
  FETCH_HOSTS: z.string().default(''),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  LATE_WRITE_SECONDS: z.coerce.number().min(0).max(600).default(10),
  SETTLE_SECONDS: z.coerce.number().min(0).max(3_600).default(60),
  METRICS_PORT: Port.optional(),
  CHUNK_BATCHES: z.coerce.number().int().min(1).max(200).default(20),
});

export interface Config {
  readonly root: string;
  readonly production: boolean;
  readonly apiPort: number;
  readonly apiHost: string;
  /** Where this API is reached by people and by the gateway. */
  readonly apiUrl: string;
  /** Where workers and API reach the built-in engine; other than apiUrl where that is the address for browsers only. */
  readonly engineUrl: string;
  readonly databaseUrl: string;
  readonly databasePool: number;
  readonly redisUrl: string;
  readonly redisPrefix: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly temporalUiUrl: string;
  readonly jwtSecret: string;
  readonly encryptionKeys: string;
  readonly gemini: { readonly apiKey: string | undefined; readonly baseUrl: string; readonly model: string };
  /** Hosts besides api.airtable.com and the engine that connections may name. */
  readonly airtableHosts: readonly string[];
  /** Hosts that attachments are fetched from and webhooks are told at even if their address is not a public one. */
  readonly fetchHosts: readonly string[];
  readonly logLevel: string;
  /** How long an unanswered write may still land before it is looked for again. */
  readonly lateWriteSeconds: number;
  /** How long after its last unanswered write an edit looks the base through once more before it calls itself ended. */
  readonly settleSeconds: number;
  /** Where a worker serves its metrics on 127.0.0.1; undefined where it does not. */
  readonly metricsPort: number | undefined;
  /** Batches of ten that one activity of an edit applies. */
  readonly chunkBatches: number;
}

/** A comma-separated variable. */
function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

/** Reads the environment. Throws one error that names every variable that is wrong. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const filled = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(filled);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new Error(`The configuration is not complete: ${lines.join('; ')}`);
  }
  const e = parsed.data;
  const apiUrl = (e.API_URL ?? `http://localhost:${e.API_PORT}`).replace(/\/$/, '');
  return {
    root: projectRoot(),
    production: e.NODE_ENV === 'production',
    apiPort: e.API_PORT,
    apiHost: e.API_HOST,
    apiUrl,
    engineUrl: e.ENGINE_URL?.replace(/\/$/, '') ?? apiUrl,
    databaseUrl: e.DATABASE_URL,
    databasePool: e.DATABASE_POOL,
    redisUrl: e.REDIS_URL,
    redisPrefix: e.REDIS_PREFIX,
    temporalAddress: e.TEMPORAL_ADDRESS,
    temporalNamespace: e.TEMPORAL_NAMESPACE,
    temporalUiUrl: e.TEMPORAL_UI_URL,
    jwtSecret: e.JWT_SECRET,
    encryptionKeys: e.ENCRYPTION_KEYS,
    gemini: { apiKey: e.GEMINI_API_KEY, baseUrl: e.GEMINI_BASE_URL, model: e.GEMINI_MODEL },
    airtableHosts: listOf(e.AIRTABLE_HOSTS),
    fetchHosts: listOf(e.FETCH_HOSTS),
    logLevel: e.LOG_LEVEL,
    lateWriteSeconds: e.LATE_WRITE_SECONDS,
    settleSeconds: e.SETTLE_SECONDS,
    metricsPort: e.METRICS_PORT,
    chunkBatches: e.CHUNK_BATCHES,
  };
}
