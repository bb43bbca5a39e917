import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, DatabaseError } from 'pg';
import { projectRoot } from '../../services/config';
import { openDatabase, type Database } from '../../services/database/database';
import { migrate } from '../../services/database/migrate';

function withName(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}

async function asAdmin<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: process.env['DATABASE_URL'] });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The template is named by the migrations' digest: a changed migration gets a fresh one. */
async function ensureTemplate(): Promise<string> {
  const folder = join(projectRoot(), 'migrations');
  const digest = createHash('sha256');
  for (const name of readdirSync(folder).sort()) digest.update(name).update(readFileSync(join(folder, name)));
  const template = `template_${digest.digest('hex').slice(0, 16)}`;
  await asAdmin(async (client) => {
    await client.query('SELECT pg_advisory_lock(7242002)');
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (found.rowCount) return;
    const draft = `draft_${randomBytes(6).toString('hex')}`;
    await client.query(`CREATE DATABASE ${draft}`);
    await migrate(withName(process.env['DATABASE_URL'] ?? '', draft), folder);
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
  });
  return template;
}

export interface TestDatabase {
  readonly url: string;
  readonly db: Database;
  /** Runs SQL as the owner, past row-level security: for looking, and for making what the application may not. */
  readonly admin: Client;
  drop(): Promise<void>;
}

/** A database of its own for a test file, cloned from a migrated template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = await ensureTemplate();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(async (client) => {
    await client.query('SELECT pg_advisory_lock(7242002)');
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  const url = withName(process.env['DATABASE_URL'] ?? '', name);
  const db = openDatabase(url, 8);
  const admin = new Client({ connectionString: url });
  await admin.connect();
  return {
    url,
    db,
    admin,
    async drop() {
      await db.close();
      await admin.end();
      await asAdmin((client) => dropDatabase(client, name));
    },
  };
}

/**
 * FORCE ends what killed processes left connected, but may not end an autovacuum worker that happens to be there (42501); a
 * plain DROP waits for that one.
 */
async function dropDatabase(client: Client, name: string): Promise<void> {
  try {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== '42501') throw error;
    await client.query(`DROP DATABASE ${name}`);
  }
}
