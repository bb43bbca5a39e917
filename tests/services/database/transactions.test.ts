import {
  openDatabase,
  type Database,
  type PreparedStatement,
  type Tx,
} from '../../../services/database/database';
import { newId } from '../../../services/ids';
import { createTestDatabase, type TestDatabase } from '../../support/database';

let database: TestDatabase;
/** With one connection, so that what one transaction leaves behind meets the next. */
let db: Database;
const mine = newId('workspace');

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url, 1);
  await db.tenant(mine, (tx) =>
    tx.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $2)', [mine, 'Mine']),
  );
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const RENAME = 'UPDATE workspaces SET name = $2 WHERE workspace_id = $1';
const READ_NAME: PreparedStatement = {
  name: 'name of workspace',
  text: 'SELECT name FROM workspaces WHERE workspace_id = $1',
};
const WRONG: PreparedStatement = { name: 'wrong', text: 'SELECT 1 / ($1::int - 1)' };
const readName = async () => (await db.lookUp<{ name: string }>(READ_NAME, [mine]))[0]?.name;

describe('what is sent without waiting', () => {
  it('is seen by the statements after it and commits with them', async () => {
    const seen = await db.tenant(mine, async (tx) => {
      tx.send(RENAME, [mine, 'Sent']);
      return (await tx.query<{ name: string }>(READ_NAME, [mine])).rows;
    });
    expect(seen).toEqual([{ name: 'Sent' }]);
    expect(await readName()).toBe('Sent');
    await db.tenant(mine, async (tx) => tx.send(RENAME, [mine, 'Only sent']));
    expect(await readName()).toBe('Only sent');
  });

  it('takes the whole transaction back when it fails, and its failure is the one that is thrown', async () => {
    const before = await readName();
    const failing = [
      // Nothing after it.
      db.tenant(mine, async (tx) => {
        tx.send(RENAME, [mine, 'lost']);
        tx.send(WRONG, [1]);
      }),
      // A statement after it, which fails for that reason.
      db.tenant(mine, async (tx) => {
        tx.send(RENAME, [mine, 'lost']);
        tx.send(WRONG, [1]);
        await tx.query(READ_NAME, [mine]);
      }),
      // The work itself fails, before it was known.
      db.tenant(mine, async (tx) => {
        tx.send(WRONG, [1]);
        throw new Error('because of something else');
      }),
      // A transaction that only reads.
      db.tenant(mine, async (tx) => tx.send(WRONG, [1]), { readOnly: true }),
    ];
    for (const outcome of await Promise.allSettled(failing)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
    }
    expect(await readName()).toBe(before);
  });

  it('leaves a connection on which the same prepared statements work', async () => {
    await expect(db.tenant(mine, async (tx) => tx.send(WRONG, [1]))).rejects.toMatchObject({ code: '22012' });
    const { rows } = await db.tenant(mine, (tx) => tx.query(WRONG, [2]));
    expect(rows).toEqual([{ '?column?': 1 }]);
  });

  it('is taken back with work that fails', async () => {
    const before = await readName();
    const failure = new Error('not today');
    const work = db.tenant(mine, async (tx) => {
      tx.send(RENAME, [mine, 'lost']);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await readName()).toBe(before);
  });
});

it('does not pass for done when a failure in it was passed over', async () => {
  const before = await readName();
  const work = db.tenant(mine, async (tx) => {
    tx.send(RENAME, [mine, 'lost']);
    await tx.query(WRONG, [1]).catch(() => undefined);
  });
  await expect(work).rejects.toThrow('rolled back');
  expect(await readName()).toBe(before);
});

it('tells of a connection that broke under it, and the next transaction has another', async () => {
  const work = db.tenant(mine, async (tx) => {
    const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await database.admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    // This one hears why; what is asked after it hears only that nothing can be asked any more.
    await tx.query('SELECT 1').catch(() => undefined);
    await tx.query('SELECT 1');
  });
  const code = expect.stringMatching(/^(57P01|ECONNRESET)$/) as string;
  await expect(work).rejects.toMatchObject({ code });
  const { rows } = await db.tenant(mine, (tx) => tx.query('SELECT 1 AS one'));
  expect(rows).toEqual([{ one: 1 }]);
});

describe('what only reads', () => {
  it('sees one moment, whatever is written meanwhile', async () => {
    const read = async (tx: Tx) => (await tx.query<{ name: string }>(READ_NAME, [mine])).rows[0]?.name;
    await database.db.tenant(mine, (tx) => tx.query(RENAME, [mine, 'First']));
    const seen = await db.tenant(
      mine,
      async (tx) => {
        const first = await read(tx);
        await database.db.tenant(mine, (other) => other.query(RENAME, [mine, 'Second']));
        return [first, await read(tx)];
      },
      { readOnly: true },
    );
    expect(seen).toEqual(['First', 'First']);
    expect(await readName()).toBe('Second');
  });

  it('cannot write', async () => {
    const readOnly = { code: '25006' };
    const work = db.tenant(mine, (tx) => tx.query(RENAME, [mine, 'x']), { readOnly: true });
    await expect(work).rejects.toMatchObject(readOnly);
    await expect(db.lookUp({ name: 'rename', text: RENAME }, [mine, 'x'])).rejects.toMatchObject(readOnly);
  });

  it('sees its own workspace alone, and in a look-up all', async () => {
    const theirs = newId('workspace');
    await db.tenant(theirs, (tx) =>
      tx.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $2)', [theirs, 'Theirs']),
    );
    const { rows } = await db.tenant(mine, (tx) => tx.query(READ_NAME, [theirs]), { readOnly: true });
    expect(rows).toEqual([]);
    expect(await db.lookUp(READ_NAME, [theirs])).toEqual([{ name: 'Theirs' }]);
  });
});
