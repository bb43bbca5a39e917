import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { TestApi } from '../support/api';
import { pollUntil } from '../support/poll';
import { freePort, startStack, type Stack } from '../support/stack';

/** Letters that no code and no id would come up with. */
const CANARY = 'qanaryXvnw';

let server: ChildProcess;
let folder: string;
let stack: Stack;
const before = process.env['TEMPORAL_ADDRESS'];

// A Temporal server of its own, whose whole database can be read afterwards.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sagatable-canary-'));
  const [port, uiPort] = [await freePort(), await freePort()];
  const binary = process.env['TEMPORAL_BIN'] ?? 'temporal';
  const flags = [
    '--port',
    String(port),
    '--ui-port',
    String(uiPort),
    '--db-filename',
    join(folder, 'temporal.db'),
    '--log-level',
    'error',
  ];
  server = spawn(binary, ['server', 'start-dev', ...flags], { stdio: 'ignore' });
  const address = `127.0.0.1:${port}`;
  await pollUntil(
    'Temporal is up',
    async () => {
      try {
        const connection = await Connection.connect({ address, connectTimeout: 1_000 });
        await connection.close();
        return true;
      } catch {
        return false;
      }
    },
    60_000,
  );
  process.env['TEMPORAL_ADDRESS'] = address;
  stack = await startStack();
}, 180_000);

afterAll(async () => {
  process.env['TEMPORAL_ADDRESS'] = before;
  await stack?.stop();
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('keeps names, cells, messages and errors out of every byte of Temporal’s database', async () => {
  const { workspaceId, baseId, token, email, password } = stack.sample;
  const api = new TestApi(stack.apiUrl, token);
  const anonymous = new TestApi(stack.apiUrl, undefined);
  const person = new TestApi(
    stack.apiUrl,
    String((await anonymous.post('/v1/sessions', { email, password })).body['accessToken']),
  );

  await anonymous.post(
    '/v1/users',
    { email: `${CANARY}@example.com`, password: `${CANARY} as a password`, name: CANARY },
    { prefer: 'wait=10' },
  );
  const taken = await anonymous.post(
    '/v1/users',
    { email: `${CANARY}@example.com`, password: `${CANARY} as a password`, name: CANARY },
    { prefer: 'wait=10' },
  );
  expect(taken).toMatchObject({ status: 409, body: { code: 'email_taken' } });
  expect((await person.post('/v1/workspaces', { name: CANARY }, { prefer: 'wait=10' })).status).toBe(201);

  const edit = await api.propose(workspaceId, {
    baseId,
    note: CANARY,
    changes: [{ kind: 'create', table: 'Directors', cells: { Name: CANARY } }],
  });
  expect(await api.approve(edit)).toMatchObject({ status: 'done' });
  const unknown = await api.run(`/v1/workspaces/${workspaceId}/edits`, {
    baseId,
    changes: [{ kind: 'create', table: 'Directors', cells: { [CANARY]: 'x' } }],
  });
  expect(JSON.stringify(unknown['error'])).toContain(CANARY);

  const chat = await api.post(`/v1/workspaces/${workspaceId}/chats`, { title: CANARY, baseId });
  for (const text of [
    `set "MPAA Rating" to "${CANARY}" in Films where {Title} = "${CANARY}"`,
    `clear "${CANARY}" in Films`,
    CANARY,
  ]) {
    expect(await api.run(`/v1/chats/${String(chat.body['id'])}/messages`, { text })).toMatchObject({
      status: 'done',
    });
  }

  server.kill('SIGTERM');
  await once(server, 'exit');
  const files = readdirSync(folder);
  expect(files).toContain('temporal.db');
  for (const file of files) {
    const bytes = readFileSync(join(folder, file));
    for (const form of [
      CANARY,
      CANARY.toLowerCase(),
      CANARY.toUpperCase(),
      Buffer.from(CANARY).toString('base64').slice(0, -4),
      Buffer.from(CANARY).toString('hex'),
    ]) {
      expect({ file, form, at: bytes.indexOf(form) }).toEqual({ file, form, at: -1 });
    }
    // Not an empty promise: what is meant to be readable there is.
    if (file === 'temporal.db') expect(bytes.includes('applyEdit')).toBe(true);
  }
}, 180_000);
