import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';

/** Any number; the same in every process, so that two never migrate at once. */
const MIGRATION_LOCK = 7_242_001;

/**
 * Runs the numbered SQL files that have not run yet, each in a transaction of its own, as the owner.
 * Throws when a file that ran was changed since: write a new one instead.
 */
export async function migrate(databaseUrl: string, folder: string): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, digest text NOT NULL, ran_at timestamptz NOT NULL DEFAULT now())',
    );
    const ran = new Map(
      (await client.query<{ name: string; digest: string }>('SELECT name, digest FROM migrations')).rows.map(
        (r) => [r.name, r.digest],
      ),
    );
    const added: string[] = [];
    for (const name of readdirSync(folder)
      .filter((f) => f.endsWith('.sql'))
      .sort()) {
      const sql = readFileSync(join(folder, name), 'utf8');
      const digest = createHash('sha256').update(sql).digest('hex');
      const before = ran.get(name);
      if (before === digest) continue;
      if (before !== undefined)
        throw new Error(`migrations/${name} was changed after it ran: add a new file instead`);
      await client.query('BEGIN');
      await client.query(sql);
      await client.query('INSERT INTO migrations (name, digest) VALUES ($1, $2)', [name, digest]);
      await client.query('COMMIT');
      added.push(name);
    }
    return added;
  } finally {
    await client.end();
  }
}
