import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { ALL_SCOPES } from '../contracts/scopes';
import { readConfig } from '../services/config';
import { createServices } from '../services/create-services';
import { loadSampleBase } from '../services/sample/load-sample';
import { callApi, type ApiClient } from './http-client';

const Sample = z.object({
  email: z.string(),
  password: z.string(),
  token: z.string(),
  workspaceId: z.string(),
  baseId: z.string(),
  airtable: z.string().optional(),
  airtableDigest: z.string().optional(),
});
type Sample = z.infer<typeof Sample>;

const Session = z.object({ accessToken: z.string() });

async function logIn(apiUrl: string, email: string, password: string): Promise<ApiClient> {
  const { body } = await callApi({ apiUrl, token: undefined }, 'POST', '/v1/sessions', { email, password });
  return { apiUrl, token: Session.parse(body).accessToken };
}

/** The sample of an earlier start, when its user still exists. */
async function readEarlier(apiUrl: string, file: string | undefined): Promise<Sample | undefined> {
  if (file === undefined || !existsSync(file)) return undefined;
  try {
    const earlier = Sample.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (!earlier.success) return undefined;
    await logIn(apiUrl, earlier.data.email, earlier.data.password);
    return earlier.data;
  } catch (error) {
    console.error(`The sample user of ${file} cannot be used any more (${String(error)}): making a new one.`);
    return undefined;
  }
}

/** A sample user through the public API, as anyone would register; the base's records go in by SQL, being 4,000. */
async function makeSample(apiUrl: string): Promise<Sample> {
  const email = `sample.${randomBytes(4).toString('hex')}@example.com`;
  const password = randomBytes(18).toString('base64url');
  const anonymous = { apiUrl, token: undefined };
  const { body } = await callApi(
    anonymous,
    'POST',
    '/v1/users',
    { email, password, name: 'Sample' },
    { prefer: 'wait=10', 'idempotency-key': email },
  );
  const { workspaceId, userId } = z.object({ workspaceId: z.string(), userId: z.string() }).parse(body);
  const services = createServices(readConfig(process.env));
  let baseId: string;
  try {
    baseId = await services.db.tenant(workspaceId, (tx) => loadSampleBase(tx, services.engine, workspaceId));
    await services.db.system((tx) => services.users.setOperator(tx, userId, true));
  } finally {
    await services.close();
  }
  const client = await logIn(apiUrl, email, password);
  const token = await callApi(client, 'POST', '/v1/tokens', {
    name: 'Sample',
    workspaceId,
    scopes: ALL_SCOPES,
    expiresInDays: 365,
  });
  return {
    email,
    password,
    workspaceId,
    baseId,
    token: z.object({ token: z.string() }).parse(token.body).token,
  };
}

/** The reader's own Airtable, read-only until it is switched on. Another token than last time makes another connection. */
async function connectAirtable(apiUrl: string, sample: Sample, airtableToken: string): Promise<string> {
  const digest = createHash('sha256').update(airtableToken).digest('hex');
  if (sample.airtableDigest === digest) return 'connected earlier, see Connections on the page';
  const client = await logIn(apiUrl, sample.email, sample.password);
  const url = process.env['AIRTABLE_URL'];
  await callApi(client, 'POST', `/v1/workspaces/${sample.workspaceId}/connections`, {
    name: 'My Airtable',
    token: airtableToken,
    ...(url ? { url } : {}),
  });
  sample.airtableDigest = digest;
  return 'connected, read-only until you switch it on';
}

/** `node dist/workers/sample-main.js`: prints the sample as one line of JSON, made now or at an earlier start. */
async function main(): Promise<void> {
  const { apiUrl } = readConfig(process.env);
  const sample = (await readEarlier(apiUrl, process.env['SAMPLE_FILE'])) ?? (await makeSample(apiUrl));
  const airtableToken = process.env['AIRTABLE_TOKEN'];
  if (airtableToken) {
    sample.airtable = await connectAirtable(apiUrl, sample, airtableToken).catch(
      (error: unknown) => `not connected: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  console.log(JSON.stringify(sample));
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
