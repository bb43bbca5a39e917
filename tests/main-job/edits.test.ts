import { TestApi, type Body } from '../support/api';
import { startStack, type Stack } from '../support/stack';

let stack: Stack;
let api: TestApi;
let workspaceId: string;
let baseId: string;

beforeAll(async () => {
  stack = await startStack();
  api = new TestApi(stack.apiUrl, stack.sample.token);
  ({ workspaceId, baseId } = stack.sample);
}, 120_000);
afterAll(() => stack?.stop());

const setRating = (where: string, value = 'Not Rated') => ({
  baseId,
  rules: [{ kind: 'set', table: 'Films', where, cells: { 'MPAA Rating': value } }],
});
const editRecord = (table: string, id: string, fields: Body) =>
  api.request('PATCH', `/v0/${baseId}/${table}`, { records: [{ id, fields }] });
const stateOf = async (editId: string) => (await api.get(`/v1/edits/${editId}`)).body;

describe('an edit', () => {
  it('is planned with a computed headline, applied after approval, and taken back as a whole', async () => {
    const before = await api.records(baseId, 'Films');
    const edit = await api.propose(workspaceId, {
      ...setRating('{MPAA Rating} = BLANK()'),
      note: 'Everything will be fine',
    });
    expect(edit).toMatchObject({
      state: 'proposed',
      headline: '605 records changed in Films',
      note: 'Everything will be fine',
      counts: { cells: 605 },
    });
    expect(edit['groups']).toMatchObject([{ headline: '605 cells: empty → Not Rated', count: 605 }]);
    expect(await api.records(baseId, 'Films')).toEqual(before);

    expect(await api.approve(edit)).toMatchObject({ status: 'done', result: { outcome: { landed: 605 } } });
    expect((await api.records(baseId, 'Films', '{MPAA Rating} = BLANK()')).size).toBe(0);

    const revert = await api.planRevert(edit.id);
    expect(revert).toMatchObject({ kind: 'revert', revertOf: edit.id, state: 'proposed' });
    expect(await api.approve(revert)).toMatchObject({ status: 'done', operation: 'revertEdit' });
    expect(await api.records(baseId, 'Films')).toEqual(before);
    expect(await stateOf(edit.id)).toMatchObject({ revertedBy: revert.id });
  }, 120_000);

  it('skips a cell that somebody changed since the preview, and says so', async () => {
    const edit = await api.propose(workspaceId, setRating('{MPAA Rating} = "Open"'));
    const [first, ...others] = [...(await api.records(baseId, 'Films', '{MPAA Rating} = "Open"')).keys()];
    if (first === undefined) throw new Error('the sample has no open film');
    await editRecord('Films', first, { 'MPAA Rating': 'R' });
    expect(await api.approve(edit)).toMatchObject({
      status: 'done',
      result: { outcome: { conflict: 1, ...(others.length ? { landed: others.length } : {}) } },
    });
    expect((await api.records(baseId, 'Films', `RECORD_ID() = "${first}"`)).get(first)).toMatchObject({
      'MPAA Rating': 'R',
    });
    const { body } = await api.get(`/v1/edits/${edit.id}/changes?state=conflict`);
    expect(body['changes']).toMatchObject([
      { recordId: first, reason: 'changed since the preview: MPAA Rating' },
    ]);
    await editRecord('Films', first, { 'MPAA Rating': 'Open' });
    if (others.length) await api.approve(await api.planRevert(edit.id));
  });

  it('writes over such a cell, or stops and takes everything back, when the approval says so', async () => {
    const films = [...(await api.records(baseId, 'Films', '{MPAA Rating} = "G"'))].slice(0, 25);
    const changes = films.map(([recordId]) => ({
      kind: 'update',
      table: 'Films',
      recordId,
      cells: { 'MPAA Rating': 'PG' },
    }));
    const last = films.at(-1)?.[0] ?? '';
    const stopped = await api.propose(workspaceId, { baseId, changes });
    await editRecord('Films', last, { 'MPAA Rating': 'R' });
    expect(await api.approve(stopped, { conflicts: 'stop' })).toMatchObject({
      status: 'rolled_back',
      error: { code: 'edit_conflict' },
    });
    expect(await stateOf(stopped.id)).toMatchObject({ state: 'rolled_back' });
    const kept = await api.records(baseId, 'Films');
    for (const [id] of films) expect(kept.get(id)).toMatchObject({ 'MPAA Rating': id === last ? 'R' : 'G' });
    await editRecord('Films', last, { 'MPAA Rating': 'G' });

    const over = await api.propose(workspaceId, { baseId, changes });
    await editRecord('Films', last, { 'MPAA Rating': 'R' });
    expect(await api.approve(over, { conflicts: 'overwrite' })).toMatchObject({
      status: 'done',
      result: { outcome: { landed: films.length } },
    });
    await api.approve(await api.planRevert(over.id));
    const after = await api.records(baseId, 'Films');
    for (const [id] of films) expect(after.get(id)).toMatchObject({ 'MPAA Rating': id === last ? 'R' : 'G' });
  });
  const countOf = async (rating: string) =>
    (await api.records(baseId, 'Films', `{MPAA Rating} = "${rating}"`)).size;

  it('restores on revert only what still equals its result, and reports the rest', async () => {
    const [one, two] = [...(await api.records(baseId, 'Films', '{MPAA Rating} = "NC-17"')).keys()];
    if (one === undefined || two === undefined) throw new Error('the sample has no two such films');
    const edit = await api.propose(workspaceId, {
      baseId,
      changes: [one, two].map((recordId) => ({
        kind: 'update',
        table: 'Films',
        recordId,
        cells: { 'MPAA Rating': 'R' },
      })),
    });
    await api.approve(edit);
    await editRecord('Films', two, { 'MPAA Rating': 'PG' });
    const revert = await api.planRevert(edit.id);
    expect(revert['counts']).toMatchObject({ updates: 1 });
    expect(JSON.stringify(revert['warnings'])).toContain('MPAA Rating changed since');
    await api.approve(revert);
    const after = await api.records(baseId, 'Films');
    expect([after.get(one)?.['MPAA Rating'], after.get(two)?.['MPAA Rating']]).toEqual(['NC-17', 'PG']);
  });

  it('creates, updates and deletes, and its revert brings deleted records back with their links', async () => {
    const before = await api.records(baseId, 'Directors');
    const director = [...before].find(
      ([, fields]) => Array.isArray(fields['Films']) && fields['Films'].length === 2,
    );
    if (!director) throw new Error('the sample has no director of two films');
    const edit = await api.propose(workspaceId, {
      baseId,
      changes: [
        { kind: 'create', table: 'Directors', cells: { Name: 'A new one' } },
        { kind: 'delete', table: 'Directors', recordId: director[0] },
      ],
    });
    expect(JSON.stringify(edit['warnings'])).toContain('1 record will be deleted');
    expect(await api.approve(edit)).toMatchObject({ status: 'done', result: { outcome: { landed: 2 } } });
    expect((await api.records(baseId, 'Directors', '{Name} = "A new one"')).size).toBe(1);
    expect((await api.records(baseId, 'Directors')).has(director[0])).toBe(false);

    expect(await api.approve(await api.planRevert(edit.id))).toMatchObject({ status: 'done' });
    const after = await api.records(baseId, 'Directors');
    expect(after.size).toBe(before.size);
    const again = [...after.values()].find((fields) => fields['Name'] === director[1]['Name']);
    expect(new Set(again?.['Films'] as string[])).toEqual(new Set(director[1]['Films'] as string[]));
  });

  it('shows a select option that does not exist yet as a change of its own and creates it without typecast elsewhere', async () => {
    const edit = await api.propose(workspaceId, setRating('{MPAA Rating} = "NC-17"', 'Adults only'));
    expect(JSON.stringify(edit['groups'])).toContain('New option “Adults only” in MPAA Rating');
    expect(await api.approve(edit)).toMatchObject({ status: 'done' });
    expect(await countOf('Adults only')).toBeGreaterThan(0);
    expect(await api.approve(await api.planRevert(edit.id))).toMatchObject({ status: 'done' });
    expect(await countOf('Adults only')).toBe(0);
  });

  it('applies chosen changes only', async () => {
    const edit = await api.propose(workspaceId, setRating('{MPAA Rating} = "G"', 'PG-13'));
    expect(await api.approve(edit, { only: [0, 2] })).toMatchObject({
      status: 'done',
      result: { outcome: { landed: 2 } },
    });
    expect((await api.approve(await api.planRevert(edit.id)))['status']).toBe('done');
  });

  it('moves links from one distributor to another and deletes the first, as one edit', async () => {
    const find = async (name: string) =>
      [...(await api.records(baseId, 'Distributors', `{Name} = "${name}"`))][0] ?? ['', {}];
    const [old, oldFields] = await find('Sony/Columbia');
    const [, target] = await find('Sony Pictures');
    const edit = await api.propose(workspaceId, {
      baseId,
      rules: [
        { kind: 'relink', table: 'Films', field: 'Distributor', from: 'Sony/Columbia', to: 'Sony Pictures' },
        { kind: 'deleteWhere', table: 'Distributors', where: `RECORD_ID() = "${old}"` },
      ],
    });
    expect(await api.approve(edit)).toMatchObject({ status: 'done' });
    const links = (fields: Body) => (Array.isArray(fields['Films']) ? fields['Films'].length : 0);
    const [, merged] = await find('Sony Pictures');
    expect(links(merged)).toBe(links(target) + links(oldFields));
  });
});

describe('an approval', () => {
  it('is bound to the hash, and only the first decision counts', async () => {
    const edit = await api.propose(workspaceId, setRating('{MPAA Rating} = "G"', 'R'));
    const approve = (hash: string) => api.post(`/v1/edits/${edit.id}/approve`, { hash });
    expect(await approve('0'.repeat(64))).toMatchObject({ status: 409, body: { code: 'stale_hash' } });
    expect(await api.post(`/v1/edits/${edit.id}/reject`, { reason: 'no' })).toMatchObject({
      status: 200,
      body: { state: 'rejected' },
    });
    expect(await approve(edit.hash)).toMatchObject({ status: 409, body: { code: 'edit_rejected' } });
  });

  it('that races a rejection and itself has one winner', async () => {
    const edit = await api.propose(workspaceId, setRating('{MPAA Rating} = "Open"', 'R'));
    const replies = await Promise.all([
      ...Array.from({ length: 5 }, () => api.post(`/v1/edits/${edit.id}/approve`, { hash: edit.hash })),
      api.post(`/v1/edits/${edit.id}/reject`),
    ]);
    expect(replies.filter((r) => r.status < 300)).toHaveLength(1);
    expect(replies.filter((r) => r.status === 409)).toHaveLength(5);
  });

  it('on a connection that is read-only writes nothing', async () => {
    const session = await api.post('/v1/sessions', {
      email: stack.sample.email,
      password: stack.sample.password,
    });
    const person = new TestApi(stack.apiUrl, String(session.body['accessToken']));
    const { body } = await person.get(`/v1/workspaces/${workspaceId}/connections`);
    const connection = (body['connections'] as Body[])[0];
    const path = `/v1/workspaces/${workspaceId}/connections/${String(connection?.['id'])}`;
    await person.request('PATCH', path, { writable: false });
    try {
      const edit = await api.propose(workspaceId, setRating('{MPAA Rating} = "G"', 'R'));
      expect(edit).toMatchObject({ writable: false });
      const refused = await api.post(`/v1/edits/${edit.id}/approve`, { hash: edit.hash });
      expect(refused).toMatchObject({ status: 403, body: { code: 'connection_read_only' } });
      expect(await stateOf(edit.id)).toMatchObject({ state: 'proposed' });
    } finally {
      await person.request('PATCH', path, { writable: true });
    }
  });
});
