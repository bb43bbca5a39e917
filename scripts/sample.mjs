/** The sample user and base: made at the first start, and told to people and programs. */
import { join } from 'node:path';
import { runMain } from './app.mjs';
import { readJson, writePrivate } from './data-dir.mjs';
import { SetupError, step } from './progress.mjs';

const needed = ['email', 'password', 'token', 'workspaceId', 'baseId'];

/** The main prints one JSON line; what else it says does not hurt. */
function lastJson(text) {
  for (const line of text.trim().split('\n').reverse()) {
    try {
      const value = JSON.parse(line);
      if (value && typeof value === 'object') return value;
    } catch {
      // Not this line.
    }
  }
  return {};
}

export function ensureSample({ env, dataDir, signal }) {
  return step('Sample base', async (say) => {
    const file = join(dataDir, 'sample.json');
    const before = readJson(file);
    if (!before) say('filling in 3,201 films, once; takes some seconds');
    const printed = lastJson(await runMain('workers/sample-main.js', { env, signal }));
    const apiUrl = env.API_URL;
    const sample = { ...before, ...printed, apiUrl, uiUrl: `${apiUrl}/temporal` };
    const missing = needed.filter((key) => !sample[key]);
    if (missing.length > 0) throw new SetupError(`The sample set-up did not give: ${missing.join(', ')}.`);
    const { uiUrl, ...rest } = sample;
    writePrivate(file, { apiUrl, uiUrl, ...rest });
    return { ...sample, detail: before ? 'there' : 'made' };
  });
}

/** The block that a start ends with: the review page first. */
export function startBlock({ sample, env, ports, servers, worker, dataDir }) {
  const { apiUrl, uiUrl } = sample;
  const planner = env.GEMINI_API_KEY
    ? `gemini (${env.GEMINI_MODEL || 'gemini-2.5-flash'})`
    : 'commands: exact commands, no model (set GEMINI_API_KEY for requests in plain words)';
  const own = env.TEMPORAL_ADDRESS
    ? ''
    : ` (bare, payloads encrypted: http://localhost:${ports.temporalUi}/temporal)`;
  const rows = [
    ['Review page', apiUrl],
    ['API, its docs', `${apiUrl}/v1, ${apiUrl}/docs`],
    ['Temporal Web UI', servers.temporalUiUrl ? `${uiUrl}${own}` : `${env.TEMPORAL_ADDRESS}: its own UI`],
    ['Airtable Web API', `${apiUrl}/v0/${sample.baseId}`],
    ['Planner', planner],
    ['Sign in with', `${sample.email}  ${sample.password}`],
    ['Token', sample.token],
    ['For programs', join(dataDir, 'sample.json')],
    ['Worker', `pid ${worker.pid}: kill -9 it during an edit, and watch the edit go on`],
    ['Logs', join(dataDir, 'logs')],
  ];
  if (sample.airtable) rows.splice(4, 0, ['Your Airtable', String(sample.airtable)]);
  const lines = rows.map(([name, value]) => `  ${name.padEnd(17)} ${value}`);
  return `\nSagatable is up.\n\n${lines.join('\n')}\n\n  Stop it with Ctrl-C; the data stays.\n`;
}
