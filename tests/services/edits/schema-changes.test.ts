import { randomUUID } from 'node:crypto';
import type { BaseSchema } from '../../../contracts/airtable';
import { BaseSchema as Schema } from '../../../contracts/airtable';
import { newId } from '../../../services/ids';
import { assertSchemaConsent } from '../../../services/edits/schema-consent';
import { createEditWorld, LIVE, type EditRefs, type EditWorld } from './edit-world';

let world: EditWorld;
beforeAll(async () => {
  world = await createEditWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.forget());

const base = () => world.server.base.id;
/** Names that no other test has. */
const fresh = (name: string) => `${name} ${randomUUID().slice(0, 8)}`;

async function schema(): Promise<BaseSchema> {
  const { body } = await world.server.call('GET', `/meta/bases/${base()}/tables`);
  return Schema.parse(body);
}
const tableNamed = async (name: string) => (await schema()).tables.find((table) => table.name === name);
const fieldNamed = async (table: string, name: string) =>
  (await tableNamed(table))?.fields.find((field) => field.name === name);
async function records(table: string): Promise<Record<string, unknown>[]> {
  const { body } = await world.server.call('GET', `/${base()}/${encodeURIComponent(table)}`);
  return (body as { records: { fields: Record<string, unknown> }[] }).records.map(({ fields }) => fields);
}
/** As a person would, past the gateway. */
const person = (method: string, path: string, body: unknown) =>
  world.server.call(method, `/meta/bases/${base()}/tables${path}`, body);

async function applied(input: unknown): Promise<EditRefs> {
  const edit = await world.approved(input);
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  return edit;
}
async function until(edit: EditRefs, work: 'applyAll' | 'undoAll'): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (let chunk = await world[work](edit); chunk.state !== 'done'; chunk = await world[work](edit)) {
    expect(chunk.state).toBe('wait');
    if (Date.now() > deadline) throw new Error('it does not end');
    await new Promise((resolve) => setTimeout(resolve, Math.max(10, chunk.waitMs)));
  }
}
async function reasons({ editId }: EditRefs): Promise<(string | null)[]> {
  const { rows } = await world.server.database.admin.query<{ reason: string | null }>(
    'SELECT reason FROM edit_changes WHERE edit_id = $1 ORDER BY ordinal',
    [editId],
  );
  return rows.map(({ reason }) => reason);
}
/** Plans the undo of an edit that has ended, approves and applies it. */
async function reverted(edit: EditRefs): Promise<EditRefs> {
  await world.server.database.admin.query(`UPDATE edits SET state = 'applied' WHERE id = $1`, [edit.editId]);
  const ref = { ...edit, editId: newId('edit'), operationId: newId('operation') };
  await world.server.database.admin.query(
    `INSERT INTO edits (workspace_id, id, kind, connection_id, base_id, proposed_by, revert_of)
     SELECT workspace_id, $2, 'revert', connection_id, base_id, proposed_by, id FROM edits WHERE id = $1`,
    [edit.editId, ref.editId],
  );
  await world.edits.plan(ref, LIVE);
  await world.approve(ref);
  expect(await world.applyAll(ref)).toMatchObject({ state: 'done' });
  return ref;
}
const isCreation = (method: string, path: string) => method === 'POST' && path.includes('/meta/');
/** The first creation of a table or field has no answer; whether it lands all the same is `lands`. */
function loseCreation(lands: boolean): () => number {
  let posts = 0;
  world.onRequest = async (method, path, body) => {
    if (!isCreation(method, path) || ++posts !== 1) return undefined;
    if (lands) await world.server.call(method, path.replace('/v0', ''), body.toString());
    return { status: 502, body: {} };
  };
  return () => posts;
}

describe('tables and fields that are made', () => {
  it('come first, and records of the same change set are written to them', async () => {
    const [id] = await world.films(1);
    const [studios, score] = [fresh('Studios'), fresh('Score')];
    const edit = await applied({
      changes: [
        { kind: 'update', table: 'Films', recordId: id, cells: { [score]: 8, Title: 'Ran' } },
        { kind: 'create', table: studios, cells: { Name: 'Toho', Size: 'large' } },
        {
          kind: 'createTable',
          name: studios,
          description: 'Who made them',
          fields: [
            { name: 'Name', type: 'singleLineText' },
            { name: 'Size', type: 'singleSelect', options: { choices: [{ name: 'small' }] } },
          ],
        },
        { kind: 'createField', table: 'Films', field: { name: score, type: 'number' } },
        {
          kind: 'createField',
          table: studios,
          field: { name: 'Films', type: 'multipleRecordLinks', options: { linkedTableId: 'Films' } },
        },
      ],
    });
    expect(await world.states(edit)).toEqual({ landed: 5 });
    expect(await records(studios)).toEqual([{ Name: 'Toho', Size: 'large' }]);
    expect(await tableNamed(studios)).toMatchObject({ description: 'Who made them' });
    expect((await world.cells()).get(id ?? '')).toMatchObject({ Title: 'Ran', [score]: 8 });

    await until(edit, 'undoAll');
    expect(await world.states(edit)).toEqual({ undone: 5 });
    expect((await world.cells()).get(id ?? '')).not.toHaveProperty(score);
    const [marked, markedField] = [
      `zz undone: ${studios} (${edit.editId})`,
      `zz undone: ${score} (${edit.editId})`,
    ];
    expect(await tableNamed(marked)).toMatchObject({
      description: expect.stringMatching(new RegExp(`${edit.editId}, \\d{4}-[^]*Who made them$`)) as string,
    });
    expect(await records(marked)).toEqual([]);
    expect(await fieldNamed('Films', markedField)).toBeDefined();
    // The other side of the link, too.
    expect((await tableNamed('Films'))?.fields.map(({ name }) => name)).toContain(
      `zz undone: ${studios} (${edit.editId})`,
    );
  });

  it('are renamed and marked by a revert, which itself can be reverted', async () => {
    const name = fresh('Score');
    const edit = await applied({
      changes: [
        { kind: 'createField', table: 'Films', field: { name, type: 'number', description: 'Of ten' } },
      ],
    });
    const revert = await reverted(edit);
    const marked = `zz undone: ${name} (${edit.editId})`;
    expect(await fieldNamed('Films', marked)).toMatchObject({
      description: expect.stringContaining('Of ten') as string,
    });
    await reverted(revert);
    expect(await fieldNamed('Films', name)).toMatchObject({ description: 'Of ten' });
  });

  it('keep within the length of a name when they are marked', async () => {
    const name = `${fresh('Long')} ${'🎬'.repeat(110)}`;
    const edit = await applied({
      changes: [{ kind: 'createField', table: 'Films', field: { name, type: 'url' } }],
    });
    await until(edit, 'undoAll');
    const names = (await tableNamed('Films'))?.fields.map((field) => field.name) ?? [];
    const marked = names.find((one) => one.includes(edit.editId)) ?? '';
    expect(marked.length).toBeLessThanOrEqual(255);
    expect(marked.isWellFormed()).toBe(true);
  });

  it.each(['createTable', 'createField'])('%s: an answer that is lost is looked up by name', async (kind) => {
    const name = fresh('Lost');
    const field = { name: 'Name', type: 'singleLineText' };
    const change =
      kind === 'createTable'
        ? { kind, name, fields: [field, { name: 'When', type: 'date' }] }
        : { kind, table: 'Films', field: { name, type: 'checkbox' } };
    const record =
      kind === 'createTable'
        ? { kind: 'create', table: name, cells: { Name: 'A', When: '2026-01-02' } }
        : { kind: 'create', table: 'Films', cells: { Title: name, [name]: true } };
    for (const lands of [true, false]) {
      const posts = loseCreation(lands);
      const edit = await world.approved({ changes: [change, record] });
      await until(edit, 'applyAll');
      expect(posts()).toBe(lands ? 1 : 2);
      expect(await world.states(edit)).toEqual({ landed: 2 });
      await until(edit, 'undoAll');
      expect(await world.states(edit)).toEqual({ undone: 2 });
    }
  });

  it('a worker that dies between sending and settling makes nothing twice', async () => {
    const name = fresh('Crash');
    const edit = await world.approved({
      changes: [{ kind: 'createField', table: 'Films', field: { name, type: 'email' } }],
    });
    let posts = 0;
    const dying = new AbortController();
    world.onRequest = async (method, path, body) => {
      if (!isCreation(method, path) || ++posts !== 1) return undefined;
      await world.server.call(method, path.replace('/v0', ''), body.toString());
      dying.abort(new Error('killed'));
      return { status: 502, body: {} };
    };
    await world.edits.applyChunk(edit, { ...LIVE, signal: dying.signal }).catch(() => undefined);
    expect(await world.states(edit)).toEqual({ intended: 1 });
    await until(edit, 'applyAll');
    expect(posts).toBe(1);
    expect(await world.states(edit)).toEqual({ landed: 1 });
  });

  it('a lost one that is there otherwise than wanted is quarantined, and what needs it is skipped', async () => {
    const name = fresh('Odd');
    loseCreation(false);
    const edit = await world.approved({
      changes: [
        { kind: 'createField', table: 'Films', field: { name, type: 'number' } },
        { kind: 'create', table: 'Films', cells: { Title: name, [name]: 1 } },
        { kind: 'create', table: 'Films', cells: { Title: name } },
      ],
    });
    await world.applyAll(edit).catch(() => undefined);
    await person('POST', `/${world.server.table('Films')}/fields`, { name, type: 'singleLineText' });
    await until(edit, 'applyAll');
    expect(await world.states(edit)).toEqual({ unknown: 1, skipped: 1, landed: 1 });
    expect(await reasons(edit)).toContainEqual(expect.stringContaining(name));
  });

  it('a lost one is looked for while undoing until the settle window is over', async () => {
    const name = fresh('Late');
    loseCreation(false);
    const edit = await world.approved({
      changes: [
        { kind: 'createField', table: 'Films', field: { name, type: 'number', options: { precision: 2 } } },
      ],
    });
    await world.applyAll(edit).catch(() => undefined);
    expect(await world.undoAll(edit)).toMatchObject({ state: 'wait' });
    await person('POST', `/${world.server.table('Films')}/fields`, {
      name,
      type: 'number',
      options: { precision: 2 },
    });
    await until(edit, 'undoAll');
    expect(await fieldNamed('Films', name)).toBeUndefined();
    expect(await world.states(edit)).toEqual({ undone: 1 });
  });

  it('a name that somebody takes in between is a conflict, and what needs it is skipped', async () => {
    const [table, field] = [fresh('Taken'), fresh('Taken')];
    const edit = await world.approved({
      changes: [
        { kind: 'createTable', name: table, fields: [{ name: 'Name', type: 'singleLineText' }] },
        { kind: 'createField', table, field: { name: 'More', type: 'multilineText' } },
        { kind: 'create', table, cells: { Name: 'x', More: 'y' } },
        { kind: 'createField', table: 'Films', field: { name: field, type: 'number' } },
      ],
    });
    await person('POST', '', {
      name: table.toUpperCase(),
      fields: [{ name: 'Name', type: 'singleLineText' }],
    });
    let posts = 0;
    world.onRequest = async (method, path) => {
      // The other one is taken between our look and our write.
      if (isCreation(method, path) && ++posts === 1)
        await person('POST', `/${world.server.table('Films')}/fields`, {
          name: field,
          type: 'number',
          options: { precision: 0 },
        });
      return undefined;
    };
    await until(edit, 'applyAll');
    expect(await world.states(edit)).toEqual({ conflict: 2, skipped: 2 });
  });

  it('under the policy stop a taken name stops the edit before any record is written', async () => {
    const name = fresh('Stop');
    const edit = await world.approved(
      {
        changes: [
          { kind: 'create', table: 'Films', cells: { Title: name } },
          { kind: 'createField', table: 'Films', field: { name, type: 'number' } },
        ],
      },
      'stop',
    );
    await person('POST', `/${world.server.table('Films')}/fields`, { name, type: 'email' });
    await expect(world.applyAll(edit)).rejects.toMatchObject({ code: 'edit_conflict' });
    expect(await world.states(edit)).toEqual({ conflict: 1, pending: 1 });
  });
});

describe('names and descriptions', () => {
  async function studio(): Promise<string> {
    const name = fresh('Studios');
    await person('POST', '', {
      name,
      description: 'old',
      fields: [{ name: 'Name', type: 'singleLineText' }],
    });
    return name;
  }

  it('are changed and go back, by a compensation and by a revert', async () => {
    const [name, renamed] = [await studio(), fresh('Houses')];
    const input = {
      changes: [
        { kind: 'renameTable', table: name, name: renamed },
        { kind: 'describeTable', table: name, description: 'new' },
        { kind: 'renameField', table: renamed, field: 'Name', name: 'Called' },
        { kind: 'describeField', table: name, field: 'Name', description: 'How it is called' },
        { kind: 'create', table: name, cells: { Called: 'Toho' } },
      ],
    };
    for (const undo of [(edit: EditRefs) => until(edit, 'undoAll'), reverted]) {
      const edit = await applied(input);
      expect(await tableNamed(renamed)).toMatchObject({
        description: 'new',
        fields: [{ name: 'Called', description: 'How it is called' }],
      });
      expect(await records(renamed)).toEqual([{ Called: 'Toho' }]);
      await undo(edit);
      const table = await tableNamed(name);
      expect(table).toMatchObject({ description: 'old', fields: [{ name: 'Name' }] });
      expect(table?.fields[0]?.description ?? '').toBe('');
      expect(await records(name)).toEqual([]);
    }
  });

  it('that somebody changed since are a conflict; under overwrite they go back to what was found', async () => {
    const [name, renamed, theirs] = [await studio(), fresh('Ours'), fresh('Theirs')];
    const id = (await tableNamed(name))?.id ?? '';
    const input = { changes: [{ kind: 'renameTable', table: name, name: renamed }] };
    const skipped = await world.approved(input);
    const forced = await world.approved(input, 'overwrite');
    await person('PATCH', `/${id}`, { name: theirs });
    await until(skipped, 'applyAll');
    expect(await world.states(skipped)).toEqual({ conflict: 1 });
    await until(forced, 'applyAll');
    expect(await tableNamed(renamed)).toBeDefined();
    await until(forced, 'undoAll');
    expect(await tableNamed(theirs)).toBeDefined();
  });

  it('that somebody changed after us stay', async () => {
    const name = await studio();
    const edit = await applied({ changes: [{ kind: 'describeTable', table: name, description: 'ours' }] });
    await person('PATCH', `/${(await tableNamed(name))?.id}`, { description: 'theirs' });
    await until(edit, 'undoAll');
    expect(await world.states(edit)).toEqual({ undo_conflict: 1 });
    expect(await tableNamed(name)).toMatchObject({ description: 'theirs' });
  });

  it('a lost answer to a renaming is found out', async () => {
    const [name, renamed] = [await studio(), fresh('Renamed')];
    const edit = await world.approved({ changes: [{ kind: 'renameTable', table: name, name: renamed }] });
    world.onRequest = async (method, path, body) => {
      if (method !== 'PATCH' || !path.includes('/meta/')) return undefined;
      await world.server.call(method, path.replace('/v0', ''), body.toString());
      return { status: 503, body: {} };
    };
    await world.applyAll(edit).catch(() => undefined);
    world.forget();
    await until(edit, 'applyAll');
    expect(await world.states(edit)).toEqual({ landed: 1 });
    expect(await tableNamed(renamed)).toBeDefined();
  });
});

describe('before anything is written', () => {
  const proposed = async (changes: unknown[]) => {
    const ref = await world.staged({ changes });
    await world.edits.plan(ref, LIVE);
    return ref;
  };
  const consent = (ref: EditRefs, only?: number[], acceptIrreversible?: true) =>
    world.server.database.db.tenant(ref.workspaceId, (tx) =>
      assertSchemaConsent(tx, ref.editId, { only, acceptIrreversible }),
    );

  it('what no undo removes needs a consent of its own, and says so in the preview', async () => {
    const name = fresh('Consent');
    const ref = await proposed([
      { kind: 'createField', table: 'Films', field: { name, type: 'number' } },
      { kind: 'create', table: 'Films', cells: { Title: 'x', [name]: 1 } },
      { kind: 'create', table: 'Films', cells: { Title: 'y' } },
    ]);
    await expect(consent(ref)).rejects.toMatchObject({ code: 'consent_required', status: 409 });
    await consent(ref, undefined, true);
    await consent(ref, [2]);
    await expect(consent(ref, [1, 2], true)).rejects.toMatchObject({ code: 'needs_schema_change' });
    const { rows } = await world.server.database.admin.query<{ preview: Record<string, unknown> }>(
      'SELECT preview FROM edits WHERE id = $1',
      [ref.editId],
    );
    expect(rows[0]?.preview).toMatchObject({
      headline: '1 change of tables and fields, 2 records created in Films',
      counts: { schemaChanges: 1, records: 2 },
      warnings: expect.arrayContaining([expect.stringContaining(`the field “${name}”`)]) as string[],
      groups: [
        {
          kind: 'createField',
          fieldName: name,
          headline: `New field “${name}” in Films: number, precision 0`,
        },
        { kind: 'create', count: 2 },
      ],
    });
  });

  it('a token that may not change schemas is told which scope it lacks', async () => {
    const name = fresh('Scope');
    const changes = [{ kind: 'createField', table: 'Films', field: { name, type: 'number' } }];
    world.onRequest = async (_method, path) =>
      path.endsWith('/meta/whoami')
        ? { status: 200, body: { id: 'usr_test', scopes: ['data.records:write'] } }
        : undefined;
    await expect(proposed(changes)).rejects.toMatchObject({
      kind: 'Forbidden',
      code: 'schema_scope_missing',
      message: expect.stringContaining('schema.bases:write') as string,
    });
    // A token that does not tell its scopes is found out by the first write.
    world.forget();
    const edit = await world.approved({
      changes: [...changes, { kind: 'create', table: 'Films', cells: { Title: name } }],
    });
    const refusal = { error: { type: 'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND', message: 'no' } };
    world.onRequest = async (method, path) =>
      isCreation(method, path) ? { status: 403, body: refusal } : undefined;
    await expect(world.applyAll(edit)).rejects.toMatchObject({ code: 'schema_scope_missing' });
    expect(await world.states(edit)).toEqual({ failed: 1, pending: 1 });
  });

  it.each([
    [
      'a taken name',
      { kind: 'createField', table: 'Films', field: { name: 'title', type: 'url' } },
      'name_taken',
    ],
    ['a table that is not there', { kind: 'renameTable', table: 'Nowhere', name: 'X' }, 'unknown_table'],
    [
      'a link to nowhere',
      { kind: 'createField', table: 'Films', field: { name: 'L', type: 'multipleRecordLinks' } },
      'wrong_field',
    ],
    [
      'a primary field that cannot be one',
      { kind: 'createTable', name: 'T', fields: [{ name: 'F', type: 'checkbox' }] },
      'wrong_field',
    ],
    [
      'a renaming that changes nothing',
      { kind: 'renameTable', table: 'Films', name: 'Films' },
      'nothing_to_change',
    ],
  ])('%s is refused', async (_what, change, code) => {
    await expect(proposed([change])).rejects.toMatchObject({ kind: 'InvalidInput', code });
  });
});
