/**
 * `npm run histories`: records a history of every operation, done and compensated, into tests/histories/.
 * The replay tests keep old ones too: record after adding an operation, or after a `patched()` change, under
 * names of their own (`npm run histories -- --suffix after-patch-1`). Existing files are never overwritten.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureBuild } from './build.mjs';
import { keepUp, runMain, waitForApi } from './app.mjs';
import { root } from './settings.mjs';
import { startTestServers } from './test-servers.mjs';

const require = createRequire(import.meta.url);
const folder = join(root, 'tests', 'histories');
/** No secret: the stored histories are encrypted with it (tests/support/temporal.ts has the same). */
const TEST_KEYS = `test:${Buffer.from('sagatable tests: no secret here!').toString('base64')}`;

function suffix() {
  const [flag, value] = process.argv.slice(2);
  if (flag === undefined) return '';
  if (flag === '--suffix' && /^[a-z0-9-]+$/.test(value ?? '')) return `.${value}`;
  console.log('Usage: npm run histories [-- --suffix name]   (lower case, digits, hyphens)');
  process.exit(flag === '--help' ? 0 : 1);
}

/** Sends a request and follows its operation to the end; returns the operation's last state. */
async function operate(apiUrl, token, method, path, body, onStarted = async () => {}) {
  const headers = {
    'content-type': 'application/json',
    prefer: 'wait=0',
    'idempotency-key': randomUUID(),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const response = await fetch(apiUrl + path, { method, headers, body: JSON.stringify(body) });
  const started = await response.json();
  const id = response.headers.get('operation-id');
  if (!id) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(started)}`);
  await onStarted(id);
  return { id, ...started };
}

async function record(apiUrl, sample, client, ending) {
  const { historyToJSON } = require('@temporalio/common/lib/proto-utils');
  const person = await fetch(`${apiUrl}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: sample.email, password: sample.password }),
  }).then((r) => r.json());
  const token = person.accessToken;
  const get = (path) =>
    fetch(apiUrl + path, { headers: { authorization: `Bearer ${token}` } }).then((r) => r.json());

  const save = async (name, workflowId) => {
    const file = join(folder, `${name}${ending}.json`);
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    if (existsSync(file)) console.log(`  kept    ${name}${ending}.json`);
    else writeFileSync(file, `${historyToJSON(history)}\n`);
    console.log(`  history ${name}: ${history.events.length} events`);
  };
  const run = async (name, method, path, body, options = {}) => {
    const { id, workflowId } = await operate(apiUrl, token, method, path, body, options.onStarted);
    await client.workflow
      .getHandle(workflowId)
      .result()
      .catch(() => {});
    await save(name, workflowId);
    return get(`/v1/operations/${id}`);
  };
  const anonymous = async (name, body) => {
    const { workflowId } = await operate(apiUrl, undefined, 'POST', '/v1/users', body);
    await client.workflow
      .getHandle(workflowId)
      .result()
      .catch(() => {});
    await save(name, workflowId);
  };
  const { workspaceId, baseId } = sample;
  const someone = { email: 'recorded@example.com', password: 'only for a recording', name: 'Recorded' };
  await anonymous('registerUser.done', someone);
  await anonymous('registerUser.rolled-back', someone);
  const made = await run('provisionWorkspace.done', 'POST', '/v1/workspaces', { name: 'Recorded' });
  const connection = await fetch(`${apiUrl}/v1/workspaces/${made.result.workspaceId}/connections`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ name: 'Sample', url: apiUrl, token: sample.token }),
  }).then((r) => r.json());
  await run('copyBase.done', 'POST', `/v1/workspaces/${made.result.workspaceId}/copies`, {
    connectionId: connection.id,
    baseId,
  });
  await run('deleteWorkspace.done', 'DELETE', `/v1/workspaces/${made.result.workspaceId}`, {});

  const chat = await fetch(`${apiUrl}/v1/workspaces/${workspaceId}/chats`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ baseId }),
  }).then((r) => r.json());
  await run('chatTurn.done', 'POST', `/v1/chats/${chat.id}/messages`, {
    text: 'set "MPAA Rating" to "R" in Films where {MPAA Rating} = "NC-17"',
  });

  const proposal = (value) => ({
    baseId,
    rules: [
      { kind: 'set', table: 'Films', where: '{MPAA Rating} = BLANK()', cells: { 'MPAA Rating': value } },
    ],
  });
  const edits = `/v1/workspaces/${workspaceId}/edits`;
  const propose = async (name, body, path = edits) => {
    const { result } = await run(name, 'POST', path, body);
    return get(`/v1/edits/${result.editId}`);
  };
  await run('proposeEdit.refused', 'POST', edits, {
    baseId,
    changes: [{ kind: 'create', table: 'Nowhere', cells: {} }],
  });
  const applied = await propose('proposeEdit.done', proposal('Not Rated'));
  await run('applyEdit.done', 'POST', `/v1/edits/${applied.id}/approve`, { hash: applied.hash });
  const revert = await propose('proposeRevert.done', {}, `/v1/edits/${applied.id}/revert`);
  await run('revertEdit.done', 'POST', `/v1/edits/${revert.id}/approve`, { hash: revert.hash });

  const act = (id, action) =>
    fetch(`${apiUrl}/v1/operations/${id}/${action}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
  const untilStatus = async (id, status) => {
    const deadline = Date.now() + 60_000;
    while ((await get(`/v1/operations/${id}`)).status !== status) {
      if (Date.now() > deadline) throw new Error(`the operation ${id} did not become ${status}`);
    }
  };
  const paused = await propose('proposeEdit.done', proposal('Not Rated'));
  await run(
    'applyEdit.paused-then-rolled-back',
    'POST',
    `/v1/edits/${paused.id}/approve`,
    { hash: paused.hash },
    {
      onStarted: async (id) => {
        await act(id, 'pause');
        await untilStatus(id, 'paused');
        await act(id, 'cancel');
      },
    },
  );

  // Somebody changes a record that is to be taken back: it stays theirs, and a person says that this is well.
  const disputed = await propose('proposeEdit.done', proposal('Not Rated'));
  await run(
    'applyEdit.needs-review',
    'POST',
    `/v1/edits/${disputed.id}/approve`,
    { hash: disputed.hash },
    {
      onStarted: async (id) => {
        await act(id, 'pause');
        await untilStatus(id, 'paused');
        const { changes } = await get(`/v1/edits/${disputed.id}/changes?state=landed&limit=1`);
        const [{ tableId, recordId }] = changes;
        await fetch(`${apiUrl}/v0/${baseId}/${tableId}/${recordId}`, {
          method: 'PATCH',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${sample.token}` },
          body: JSON.stringify({ fields: { 'MPAA Rating': 'R' } }),
        });
        await act(id, 'cancel');
      },
    },
  );
  const unclear = await get(`/v1/edits/${disputed.id}/review`);
  await run('reviewEdit.done', 'POST', `/v1/edits/${disputed.id}/review`, {
    ordinals: unclear.changes.map(({ ordinal }) => ordinal),
    verdict: 'notLanded',
  });

  // The month's calls are spent while the edit is planned; somebody gets more and resumes it.
  const imitate = (method, settings) =>
    fetch(`${apiUrl}/v0/meta/bases/${baseId}/imitation`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${sample.token}` },
      ...(settings && { body: JSON.stringify(settings) }),
    });
  await imitate('PUT', { monthlyCalls: 0, perBase: 10_000, perUser: 10_000, lockOutSeconds: 0 });
  await run('proposeEdit.paused-for-quota', 'POST', edits, proposal('Not Rated'), {
    onStarted: async (id) => {
      await untilStatus(id, 'paused');
      await imitate('DELETE');
      await act(id, 'resume');
    },
  });
}

async function main() {
  const ending = suffix();
  mkdirSync(folder, { recursive: true });
  await ensureBuild();
  const servers = await startTestServers();
  const port = 3999;
  const env = {
    ...process.env,
    ...servers.env,
    API_PORT: String(port),
    API_URL: `http://localhost:${port}`,
    JWT_SECRET: 'only for recording histories, no secret',
    ENCRYPTION_KEYS: TEST_KEYS,
    LOG_LEVEL: 'error',
    CHUNK_BATCHES: '5',
    GEMINI_API_KEY: '',
    AIRTABLE_TOKEN: '',
    SAMPLE_FILE: '',
  };
  const started = [];
  try {
    await runMain('services/database/migrate-main.js', { env });
    started.push(keepUp({ name: 'api', file: 'api/main.js', env, dataDir: servers.dataDir }));
    started.push(keepUp({ name: 'worker', file: 'workers/main.js', env, dataDir: servers.dataDir }));
    const [api, worker] = started;
    await waitForApi(api, worker, port);
    const sample = JSON.parse((await runMain('workers/sample-main.js', { env })).trim().split('\n').at(-1));
    const { createTemporalClient } = require(join(root, 'dist', 'temporal-config', 'connection.js'));
    const { readConfig } = require(join(root, 'dist', 'services', 'config.js'));
    const client = createTemporalClient(readConfig(env));
    await record(env.API_URL, sample, client, ending);
    await client.connection.close();
  } finally {
    for (const child of started.reverse()) await child.stop();
    await servers.stop();
  }
}

await main();
process.exit(0);
