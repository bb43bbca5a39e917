import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { DEMO_COMMANDS } from '../services/sample/demo-commands';
import { callApi, followOperation, runOperation, type ApiClient } from './http-client';

const Sample = z.object({
  apiUrl: z.string().optional(),
  email: z.string(),
  password: z.string(),
  token: z.string(),
  workspaceId: z.string(),
  baseId: z.string(),
});
const Edit = z.object({
  id: z.string(),
  hash: z.string(),
  headline: z.string(),
  state: z.string(),
  groups: z.array(z.object({ headline: z.string() })),
  outcome: z.record(z.string(), z.number()).nullable(),
});

function say(line: string): void {
  console.log(line);
}

function fail(sentence: string): never {
  throw new Error(sentence);
}

const readEdit = async (client: ApiClient, editId: string) =>
  Edit.parse((await callApi(client, 'GET', `/v1/edits/${editId}`)).body);

/** Films without a rating, asked of the engine's Airtable Web API: what the edit is about, seen from outside. */
async function countUnrated(client: ApiClient, baseId: string): Promise<number> {
  let count = 0;
  let offset: unknown;
  do {
    const query = new URLSearchParams({ filterByFormula: '{MPAA Rating} = BLANK()', 'fields[]': 'Title' });
    if (typeof offset === 'string') query.set('offset', offset);
    const { body } = await callApi(client, 'GET', `/v0/${baseId}/Films?${query.toString()}`);
    count += Array.isArray(body['records']) ? body['records'].length : 0;
    offset = body['offset'];
  } while (offset !== undefined);
  return count;
}

/** Approves an edit and reports its progress until it has ended. */
async function approve(client: ApiClient, edit: z.infer<typeof Edit>): Promise<string> {
  let last = '';
  const { id } = await runOperation(
    client,
    'POST',
    `/v1/edits/${edit.id}/approve`,
    { hash: edit.hash },
    (state) => {
      const progress = z.object({ done: z.number(), total: z.number() }).safeParse(state['progress']);
      const line = progress.success
        ? `     ${String(state['status'])}: ${progress.data.done} of ${progress.data.total}`
        : '';
      if (line && line !== last) say(line);
      last = line || last;
    },
  );
  return id;
}

/** `npm start -- --demo`: the main job once, over the public API. Exits 0 only when every check held. */
async function main(): Promise<void> {
  const sample = Sample.parse(
    JSON.parse(readFileSync(process.env['SAMPLE_FILE'] ?? '.data/sample.json', 'utf8')),
  );
  const apiUrl = sample.apiUrl ?? process.env['API_URL'] ?? 'http://localhost:3000';
  const login = await callApi({ apiUrl, token: undefined }, 'POST', '/v1/sessions', {
    email: sample.email,
    password: sample.password,
  });
  const client = { apiUrl, token: z.object({ accessToken: z.string() }).parse(login.body).accessToken };
  const asProgram = { apiUrl, token: sample.token };

  const before = await countUnrated(asProgram, sample.baseId);
  say(`  1. The base Films holds ${before} films without an MPAA rating.`);
  if (before === 0) fail('There is nothing to do: start with --fresh for a new sample base.');

  const chat = await callApi(client, 'POST', `/v1/workspaces/${sample.workspaceId}/chats`, {
    title: 'Demo',
    baseId: sample.baseId,
  });
  const turn = await runOperation(client, 'POST', `/v1/chats/${String(chat.body['id'])}/messages`, {
    text: DEMO_COMMANDS.rating,
  });
  const editId =
    typeof turn.result['editId'] === 'string' ? turn.result['editId'] : fail('The planner proposed no edit.');
  const edit = await readEdit(client, editId);
  say(`  2. Asked: ${DEMO_COMMANDS.rating}`);
  say(`     Proposed: ${edit.headline}`);
  for (const group of edit.groups) say(`       ${group.headline}`);
  say(`     The difference: ${apiUrl}/#/edits/${editId}`);

  say('  3. Approved; carried out as a workflow:');
  const applied = await approve(client, edit);
  const state = await followOperation(client, applied, () => undefined);
  say(`     In Temporal's Web UI: ${String(state['temporalUrl'])}`);
  const between = await countUnrated(asProgram, sample.baseId);
  say(`     Films without a rating now: ${between}`);
  if (between !== 0) fail(`${between} films were left without a rating.`);

  const planned = await runOperation(client, 'POST', `/v1/edits/${editId}/revert`, {});
  const revert = await readEdit(client, String(planned.result['editId']));
  say(`  4. Undo, with a preview of its own: ${revert.headline}`);
  await approve(client, revert);
  const after = await countUnrated(asProgram, sample.baseId);
  say(`     Films without a rating now: ${after}`);
  if (after !== before) fail(`The undo brought back ${after} of ${before} films.`);
  say('  Every check held: applied as a whole, undone as a whole.');
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`  The demo failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
