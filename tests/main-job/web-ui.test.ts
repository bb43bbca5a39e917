import type { Browser, Page } from 'playwright-core';
import { TestApi, type Body } from '../support/api';
import { launchBrowser, openPage } from '../support/browser';
import { pollUntil } from '../support/poll';
import { startStack, type Stack } from '../support/stack';

let stack: Stack;
let api: TestApi;
let browser: Browser;

beforeAll(async () => {
  stack = await startStack();
  api = new TestApi(stack.apiUrl, stack.sample.token);
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

async function signedIn(email: string, password: string): Promise<Page> {
  const { page } = await openPage(browser);
  await page.goto(stack.apiUrl);
  const status = await page.evaluate(
    async (body) =>
      (await fetch('/v1/sessions', { method: 'POST', headers: { 'content-type': 'application/json' }, body }))
        .status,
    JSON.stringify({ email, password }),
  );
  expect(status).toBe(201);
  return page;
}

/** The text that the Web UI frames under "User Metadata", once it holds `expected`: the details come by a query, a little later. */
async function readMetadata(page: Page, temporalUrl: string, expected: string): Promise<string> {
  await page.goto(temporalUrl);
  await page.waitForURL(/\/history/);
  await page.goto(page.url().replace('/history', '/user-metadata'));
  return pollUntil(
    `the Web UI shows "${expected}"`,
    async () => {
      const frames = page.frames().filter((frame) => frame.url().includes('/render?'));
      const texts = await Promise.all(
        frames.map((frame) => frame.evaluate(() => document.body.innerText).catch(() => '')),
      );
      const text = texts.join('\n');
      return text.includes(expected) ? text : undefined;
    },
    30_000,
  );
}

it('shows an operator each transaction in clear: summary, actor, steps and how it ended', async () => {
  const { workspaceId, baseId, email, password } = stack.sample;
  const edit = await api.propose(workspaceId, {
    baseId,
    changes: [{ kind: 'create', table: 'Directors', cells: { Name: 'Seen' } }],
  });
  const done = await api.approve(edit);
  const page = await signedIn(email, password);
  const text = await readMetadata(page, String(done['temporalUrl']), 'apply: done');
  expect(text).toContain('Apply: 1 record created in Directors of Films');
  expect(text).toContain(String(done['actor']));

  const refused = await api.run(`/v1/workspaces/${workspaceId}/edits`, {
    baseId,
    changes: [{ kind: 'create', table: 'Nowhere', cells: {} }],
  });
  expect(await readMetadata(page, String(refused['temporalUrl']), 'There is no table “Nowhere”')).toContain(
    'Undone because',
  );
  const { searchAttributes } = await stack.temporal.client.workflow
    .getHandle(String(refused['workflowId']))
    .describe();
  expect(searchAttributes).toMatchObject({
    SagatableWorkspace: [workspaceId],
    SagatableOperation: ['proposeEdit'],
    SagatableBase: [baseId],
    SagatableOutcome: ['rolled_back'],
  });
}, 120_000);

it('shows nothing of it to who is signed in but no operator, or not signed in', async () => {
  const login = { email: 'curious@example.com', password: 'a curious person’s' };
  const anonymous = new TestApi(stack.apiUrl, undefined);
  await anonymous.post('/v1/users', { ...login, name: 'Curious' }, { prefer: 'wait=10' });
  const page = await signedIn(login.email, login.password);
  const answers = await page.evaluate(async () => {
    const decode = await fetch('/codec/decode', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"payloads":[]}',
    });
    const ui = await fetch('/temporal/api/v1/namespaces');
    const frame = await fetch('/render?content=x');
    return [decode.status, ui.status, frame.status];
  });
  expect(answers).toEqual([403, 403, 403]);
  const signedOut = await fetch(`${stack.apiUrl}/temporal/namespaces`, {
    redirect: 'manual',
    headers: { accept: 'text/html' },
  });
  expect([signedOut.status, signedOut.headers.get('location')]).toEqual([
    302,
    '/?next=%2Ftemporal%2Fnamespaces',
  ]);
  const body: Body = (await anonymous.get('/temporal/api/v1/namespaces')).body;
  expect(body).toMatchObject({ code: 'unauthenticated' });
});
