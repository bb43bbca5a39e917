import { join } from 'node:path';
import { projectRoot } from '../config';
import { migrate } from './migrate';

/** `node dist/services/database/migrate-main.js`: brings DATABASE_URL up to date. */
async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('DATABASE_URL is not set');
  const added = await migrate(url, join(projectRoot(), 'migrations'));
  console.log(added.length ? `migrated: ${added.join(', ')}` : 'the database is up to date');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
