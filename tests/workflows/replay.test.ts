import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { OPERATIONS } from '../../api/operation-view';
import { projectRoot } from '../../services/config';
import { parseKeyRing } from '../../services/encryption';
import { createDataConverter } from '../../temporal-config/data-converter';
import { bundleWorkflows } from '../../workers/create-workers';
import { TEST_KEYS } from '../support/temporal';

const folder = join(projectRoot(), 'tests', 'histories');
const files = readdirSync(folder).filter((f) => f.endsWith('.json'));
let workflowBundle: { code: string };

beforeAll(async () => {
  workflowBundle = await bundleWorkflows();
});

const replay = (history: unknown) =>
  Worker.runReplayHistory(
    { workflowBundle, dataConverter: createDataConverter(parseKeyRing(TEST_KEYS)) },
    history,
  );

it.each(files)('today’s workflow code replays %s', async (file) => {
  await expect(replay(JSON.parse(readFileSync(join(folder, file), 'utf8')))).resolves.toBeUndefined();
});

it('every operation has a stored history', () => {
  const recorded = new Set(files.map((file) => file.split('.')[0]));
  expect(OPERATIONS.map((o) => o.name).filter((name) => !recorded.has(name))).toEqual([]);
});

it('a workflow that does something else than it did is noticed', async () => {
  const history = JSON.parse(
    readFileSync(join(folder, 'registerUser.done.json'), 'utf8').replaceAll(
      '"registerUser"',
      '"provisionWorkspace"',
    ),
  ) as unknown;
  await expect(replay(history)).rejects.toThrow();
});
