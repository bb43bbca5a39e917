import { CreateConnectionInput, UpdateConnectionInput } from '../../../contracts/workspaces';
import { parseKeyRing } from '../../../services/encryption';
import { newId } from '../../../services/ids';
import { addConnection } from '../../../services/workspaces/connection-upkeep';
import { createConnections } from '../../../services/workspaces/connections';
import { ANSWERS } from '../../support/airtable-standin';
import { failureOf, TOKEN } from '../airtable/setup';
import {
  createConnectionsWorld,
  encryptionKey,
  READING,
  whoami,
  WRITING,
  type ConnectionsWorld,
} from './connections-world';

describe('the upkeep of connections', () => {
  let w: ConnectionsWorld;
  beforeAll(async () => {
    w = await createConnectionsWorld();
  });
  beforeEach(() => w.standIn.reset());
  afterAll(() => w.close());

  describe('saving', () => {
    it('stores what the test found', async () => {
      const made = await w.add(WRITING, { writable: true, share: 1.5, monthlyCalls: 100_000 });
      expect(made).toMatchObject({
        health: 'ok',
        scopes: WRITING,
        missingScopes: [
          'schema.bases:write',
          'data.recordComments:read',
          'data.recordComments:write',
          'webhook:manage',
        ],
        lostScopes: [],
        baseCount: 1,
        share: 1.5,
        monthlyCalls: 100_000,
        writable: true,
      });
      expect(made.testedAt).not.toBeNull();
      expect(await w.connections.accessOf(w.workspaceId, made.id)).toMatchObject({
        share: 1.5,
        airtableUser: 'usrStandIn',
      });
    });

    it('takes a token whose scopes Airtable does not tell', async () => {
      w.standIn.script({ status: 200, body: { id: 'usrStandIn' } });
      const input = CreateConnectionInput.parse({
        name: 'x',
        url: w.standIn.url,
        token: TOKEN,
        writable: true,
      });
      expect(await addConnection(w.context(), w.workspaceId, input)).toMatchObject({
        scopes: null,
        missingScopes: [],
      });
    });

    it.each([
      [['schema.bases:read'], false, 'connection_unauthorized', ['data.records:read']],
      [[], false, 'connection_unauthorized', READING],
      [READING, true, 'connection_scope_missing', ['data.records:write']],
    ])('with scopes %j, writable %s is refused: %s', async (scopes, writable, code, missing) => {
      const error = await failureOf(w.add(scopes, { writable }));
      expect(error).toMatchObject({ kind: 'InvalidInput', code, details: { missingScopes: missing } });
      for (const scope of missing) expect(error.message).toContain(scope);
    });

    it('keeps no words of the server that are not ids or scopes', async () => {
      const made = await w.add([...READING, 'a b', '<script>\n', 'x'.repeat(101)]);
      expect(made.scopes).toEqual(READING);
      w.standIn.script(whoami(READING, 'usr\u0000'));
      const input = CreateConnectionInput.parse({ name: 'x', url: w.standIn.url, token: TOKEN });
      expect(await failureOf(addConnection(w.context(), w.workspaceId, input))).toMatchObject({
        code: 'connection_unreachable',
      });
    });

    it('a pasted token loses the space around it, and holds nothing that no token has', () => {
      const parse = (token: string) =>
        CreateConnectionInput.safeParse({ name: 'x', url: w.standIn.url, token });
      expect(parse(`\n ${TOKEN}\t`).data?.token).toBe(TOKEN);
      for (const bad of ['', '  ', 'pat a', 'pat\nx', 'pat\u200b', 'пат', 'x'.repeat(501)]) {
        expect(parse(bad).success).toBe(false);
        expect(UpdateConnectionInput.safeParse({ token: bad }).success).toBe(false);
      }
    });
  });

  describe('a change', () => {
    it('touches what it names', async () => {
      const made = await w.add(WRITING);
      expect(await w.change(made.id, { name: 'Yours', share: 0.2, monthlyCalls: 1000 })).toEqual({
        ...made,
        name: 'Yours',
        share: 0.2,
        monthlyCalls: 1000,
      });
      expect(await w.change(made.id, { monthlyCalls: null })).toMatchObject({
        share: 0.2,
        monthlyCalls: null,
      });
      expect(w.standIn.requests).toHaveLength(2);
    });

    it.each([
      {},
      { confirmUser: true },
      { share: 0.1 },
      { share: 5.1 },
      { monthlyCalls: 0 },
      { url: 'http://x' },
    ])('%j is refused', (input) => {
      expect(UpdateConnectionInput.safeParse(input).success).toBe(false);
    });

    it('to writing asks Airtable again when the token lacked the scope', async () => {
      const { id } = await w.add(READING);
      w.standIn.script(whoami(READING));
      expect(await failureOf(w.change(id, { writable: true }))).toMatchObject({
        code: 'connection_scope_missing',
      });
      await w.forgetTest(id);
      w.standIn.script(whoami(WRITING));
      expect(await w.change(id, { writable: true })).toMatchObject({ writable: true, scopes: WRITING });
    });

    it('of the token tests the new one first, and keeps the old one when that fails', async () => {
      const { id } = await w.add(WRITING, { writable: true });
      w.standIn.script(ANSWERS.unauthorized);
      expect(await failureOf(w.change(id, { token: 'patOther' }))).toMatchObject({
        kind: 'InvalidInput',
        code: 'connection_unauthorized',
      });
      w.standIn.script(whoami(READING));
      expect(await failureOf(w.change(id, { token: 'patOther' }))).toMatchObject({
        code: 'connection_scope_missing',
      });
      expect(await w.connections.tokenOf(w.workspaceId, id)).toBe(TOKEN);
      w.standIn.script(whoami([...WRITING, 'webhook:manage']));
      const changed = await w.change(id, { token: 'patOther' });
      expect(changed.scopes).toContain('webhook:manage');
      expect(await w.connections.tokenOf(w.workspaceId, id)).toBe('patOther');
    });

    it('to a token of another Airtable user has to be confirmed', async () => {
      const { id } = await w.add(WRITING);
      w.standIn.script(whoami(WRITING, 'usrOther'));
      expect(await failureOf(w.change(id, { token: 'patOther' }))).toMatchObject({
        kind: 'Conflict',
        code: 'connection_other_user',
      });
      expect(await w.connections.tokenOf(w.workspaceId, id)).toBe(TOKEN);
      w.standIn.script(whoami(WRITING, 'usrOther'));
      await w.change(id, { token: 'patOther', confirmUser: true });
      expect(await w.connections.accessOf(w.workspaceId, id)).toMatchObject({
        token: 'patOther',
        airtableUser: 'usrOther',
      });
    });

    it('of the engine’s connection is of its name and switch only', async () => {
      const id = newId('connection');
      const engine = await w.database.db.tenant(w.workspaceId, (tx) =>
        w.connections.insert(tx, {
          workspaceId: w.workspaceId,
          id,
          name: 'E',
          kind: 'engine',
          url: '',
          token: TOKEN,
          writable: true,
        }),
      );
      expect(engine).toMatchObject({ share: null, health: 'unknown', testedAt: null, healthCheckedAt: null });
      for (const input of [{ token: 'x' }, { share: 1 }, { monthlyCalls: 5 }, { monthlyCalls: null }]) {
        expect(await failureOf(w.change(id, input))).toMatchObject({
          kind: 'Conflict',
          code: 'engine_connection',
        });
      }
      expect(await w.change(id, { name: 'Mine', writable: false })).toMatchObject({
        name: 'Mine',
        writable: false,
      });
      expect(w.standIn.requests).toHaveLength(0);
    });
  });

  it('a token sealed anew does not undo a replacement that came first', async () => {
    const { id } = await w.add(WRITING);
    const next = encryptionKey('k2');
    const rotated = createConnections({
      db: w.database.db,
      keyRing: parseKeyRing(`${next},${w.ring}`),
      config: w.config,
    });
    await Promise.all([
      ...Array.from({ length: 5 }, () => rotated.tokenOf(w.workspaceId, id)),
      w.database.db.tenant(w.workspaceId, (tx) =>
        w.connections.change(tx, w.workspaceId, id, {
          token: { text: 'patOther', test: { airtableUser: 'usrStandIn', scopes: WRITING, bases: [] } },
        }),
      ),
    ]);
    expect(await rotated.tokenOf(w.workspaceId, id)).toBe('patOther');
    const { rows } = await w.database.admin.query<{ token_sealed: string }>(
      'SELECT token_sealed FROM connections WHERE id = $1',
      [id],
    );
    expect(rows[0]?.token_sealed).toMatch(/^k2\./);
  });
});
