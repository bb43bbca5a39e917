import { newId } from '../../../services/ids';
import { createTestDatabase, type TestDatabase } from '../../support/database';

/** Bookkeeping of the migrations themselves: no tenant's data. */
const NOT_FOR_TENANTS = new Set(['migrations']);
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function tables() {
  const { rows } = await database.admin.query<{
    name: string;
    enabled: boolean;
    forced: boolean;
    owner: string;
    tenant: boolean;
  }>(
    `SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced, r.rolname AS owner,
       EXISTS (SELECT FROM pg_policies p WHERE p.tablename = c.relname AND p.policyname = 'tenant') AS tenant
     FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  return rows.filter((t) => !NOT_FOR_TENANTS.has(t.name));
}

it('every table forces row-level security and is not owned by the application', async () => {
  const all = await tables();
  expect(all.length).toBeGreaterThan(20);
  expect(all.filter((t) => !t.enabled || !t.forced || t.owner.startsWith('sagatable_'))).toEqual([]);
});

it('the application’s roles can neither bypass row-level security nor truncate', async () => {
  const { rows } = await database.admin.query(
    `SELECT rolname FROM pg_roles WHERE rolname LIKE 'sagatable_%' AND (rolbypassrls OR rolsuper)`,
  );
  expect(rows).toEqual([]);
  for (const { name } of await tables()) {
    const { rows: rights } = await database.admin.query<{ app: boolean; system: boolean }>(
      `SELECT has_table_privilege('sagatable_app', $1, 'TRUNCATE') AS app, has_table_privilege('sagatable_system', $1, 'TRUNCATE') AS system`,
      [name],
    );
    expect({ name, ...rights[0] }).toEqual({ name, app: false, system: false });
  }
});

it('a tenant reads and changes no row of another’s, in any table, and none without a tenant', async () => {
  const [mine, theirs] = [newId('workspace'), newId('workspace')];
  await database.db.system((tx) =>
    tx.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $2), ($3, $4)', [
      mine,
      'mine',
      theirs,
      'theirs',
    ]),
  );
  for (const { name, tenant } of await tables()) {
    if (!tenant) {
      await expect(
        database.db.tenant(mine, (tx) => tx.query(`SELECT 1 FROM ${name} LIMIT 1`)),
      ).rejects.toThrow('permission denied');
      continue;
    }
    const seen = await database.db.tenant(mine, (tx) =>
      tx.query<{ workspace_id: string }>(`SELECT workspace_id FROM ${name}`),
    );
    expect({ name, foreign: seen.rows.filter((r) => r.workspace_id !== mine) }).toEqual({
      name,
      foreign: [],
    });
  }
  const changed = await database.db.tenant(mine, (tx) =>
    tx.query(`UPDATE workspaces SET name = 'taken' WHERE workspace_id = $1`, [theirs]),
  );
  expect(changed.rowCount).toBe(0);
  await expect(
    database.db.tenant(mine, (tx) =>
      tx.query(`INSERT INTO audit (workspace_id, actor, action, subject) VALUES ($1, 'a', 'b', 'c')`, [
        theirs,
      ]),
    ),
  ).rejects.toThrow('row-level security');
});

it('the audit trail takes rows and gives none up', async () => {
  const workspace = newId('workspace');
  await database.db.tenant(workspace, (tx) =>
    tx.query(`INSERT INTO audit (workspace_id, actor, action, subject) VALUES ($1, 'a', 'b', 'c')`, [
      workspace,
    ]),
  );
  for (const sql of ['DELETE FROM audit', `UPDATE audit SET actor = 'x'`]) {
    await expect(database.db.tenant(workspace, (tx) => tx.query(sql))).rejects.toThrow('permission denied');
    await expect(database.db.system((tx) => tx.query(sql))).rejects.toThrow('permission denied');
  }
});
