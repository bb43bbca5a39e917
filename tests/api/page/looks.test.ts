import type { Browser, Page } from 'playwright-core';
import { findAccessibilityFaults, findOverflow, launchBrowser, openPage } from '../../support/browser';
import { PageApi } from '../../support/page-api';
import { IDS, sampleOperation } from '../../support/page-data';

/** Set PAGE_SHOTS to a folder to have a picture of each view in each look. */
const shots = process.env.PAGE_SHOTS;

const LOOKS = [
  { name: 'light', options: { viewport: { width: 1200, height: 900 }, colorScheme: 'light' } },
  { name: 'dark', options: { viewport: { width: 1200, height: 900 }, colorScheme: 'dark' } },
  { name: 'phone', options: { viewport: { width: 320, height: 640 }, hasTouch: true } },
] as const;

describe('every view, in each look', () => {
  let browser: Browser;
  let api: PageApi;
  beforeEach(async () => {
    api = new PageApi();
    await api.start();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await api.stop();
  });
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it.each(LOOKS)(
    'is clean for axe-core and not wider than its window: $name',
    async ({ name, options }) => {
      const { page, faults } = await openPage(browser, options);
      const check = async (view: string) => {
        if (shots) await page.screenshot({ path: `${shots}/${view}-${name}.png`, fullPage: true });
        expect({ view, faults: await findAccessibilityFaults(page) }).toEqual({ view, faults: [] });
        expect({ view, overflow: await findOverflow(page) }).toEqual({ view, overflow: 0 });
      };
      await visitEveryView(page, api, check);
      expect(faults).toEqual([]);
    },
    120_000,
  );
});

async function visitEveryView(
  page: Page,
  api: PageApi,
  check: (view: string) => Promise<void>,
): Promise<void> {
  const see = (heading: string | RegExp) => page.getByRole('heading', { name: heading }).first().waitFor();
  const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();
  await page.goto(api.url);
  await see('Sign in');
  await check('sign-in');
  await page.getByLabel('E-mail').fill('sample@example.test');
  await page.getByLabel('Password').fill('wrong');
  await press('Sign in');
  await page.getByText('E-mail and password do not fit.').waitFor();
  await check('sign-in-refused');
  await press('Create an account');
  await see('Create an account');
  await check('register');
  await press('I have an account');
  await page.getByLabel('E-mail').fill('sample@example.test');
  await page.getByLabel('Password').fill('right');
  await press('Sign in');
  await see('What should change?');
  await check('ask');
  await page.goto(`${api.url}/#/edits/${IDS.edit(1)}`);
  await see('The difference');
  await check('diff');
  await press(/^Records: MPAA Rating, 605/);
  await page.getByText('25 of 605 records shown').waitFor();
  await press(/^Records: Title/);
  await press(/^Records: 2 records/);
  await page.getByText('Alan Smithee').first().waitFor();
  await page.getByRole('checkbox', { name: /zero/ }).uncheck();
  await page.locator('summary', { hasText: 'Reject' }).click();
  await check('diff-open');
  api.setEdit(1, { writable: false });
  await page.reload();
  await page.getByText('This connection is read-only').waitFor();
  await check('diff-read-only');
  api.setEdit(1, { writable: true });
  await page.reload();
  await press('Approve 612 changes');
  await see('Applying');
  api.progress(1, 240);
  await page.getByText('240 of 612 changes', { exact: true }).waitFor();
  await page.locator('summary', { hasText: 'Cancel' }).click();
  await check('applying');
  api.finish(1, 'needs_review', { landed: [1, 2, 3], conflict: [4, 5], unknown: [6], skipped: [7] });
  await see(/^Needs review/);
  await page.getByText('Somebody set it to “PG”.').first().waitFor();
  await check('outcome');
  api.operations.set(
    IDS.operation(3),
    sampleOperation(3, {
      title: 'Provision a workspace',
      operation: 'provisionWorkspace',
      status: 'rolled_back',
      error: { kind: 'Upstream', code: 'upstream', message: 'The base could not be made.' },
    }),
  );
  await page.goto(`${api.url}/#/operations/${IDS.operation(3)}`);
  await see('Provision a workspace');
  await check('operation');
  await page.goto(`${api.url}/#/history`);
  await see('History');
  await check('history');
  await page.goto(`${api.url}/#/connections`);
  await see('Connections');
  await check('connections');
  await page.goto(`${api.url}/#/rules`);
  await see('Approval rules');
  await check('rules');
  api.planner = 'words';
  await page.goto(`${api.url}/#/chats/${IDS.chat}`);
  await see('Ratings');
  await check('chat');
  await page.goto(`${api.url}/#/nowhere`);
  await see('There is no such page');
  await check('nowhere');
}
