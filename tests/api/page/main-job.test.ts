import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { DEMO_COMMANDS } from '../../../services/sample/demo-commands';
import { findAccessibilityFaults, findOverflow, launchBrowser, openPage } from '../../support/browser';
import { see, signIn } from '../../support/page-steps';
import { startStack, type Stack } from '../../support/stack';

/** REVIEW_PAGE_PICTURE=docs/review-page.png keeps a picture of the difference, for the README. */
const picture = process.env.REVIEW_PAGE_PICTURE;

/** How long an edit of some 600 records may take at the gateway's pace, with the wait for a killed worker's activity. */
const EDIT_MS = 150_000;

describe('the main job, in the browser on the real servers', () => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchBrowser()]);
    ({ page, faults } = await openPage(browser));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  }, 60_000);

  const button = (name: string | RegExp) => page.getByRole('button', { name }).first();

  /** Clean for axe-core, and fits a phone. */
  async function check(): Promise<void> {
    expect(await findAccessibilityFaults(page)).toEqual([]);
    const size = page.viewportSize();
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await findOverflow(page)).toBe(0);
    if (size) await page.setViewportSize(size);
  }

  const progress = async () =>
    Number((await page.getByRole('progressbar').getAttribute('aria-valuenow')) ?? 0);
  const progressBeyond = (percent: number) =>
    page.waitForFunction(
      (p) => Number(document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow') ?? 0) > p,
      percent,
      { timeout: EDIT_MS },
    );

  it('asks for a change and sees the exact difference', async () => {
    await signIn(page, stack.apiUrl, stack.sample.email, stack.sample.password);
    await see(page, 'What should change?');
    await check();
    await page.getByRole('combobox', { name: 'Base' }).selectOption(stack.sample.baseId);
    await page.getByLabel('The change').fill(DEMO_COMMANDS.rating);
    await button('Plan the change').click();
    await see(page, '605 records changed in Films', 30_000);
    await page.getByText('605 cells: empty → Not Rated').waitFor();
    await button(/^Records: MPAA Rating, 605/).click();
    await page.getByText('25 of 605 records shown').waitFor();
    await check();
    if (picture) {
      mkdirSync(path.dirname(picture), { recursive: true });
      await page.screenshot({ path: picture });
    }
  }, 90_000);

  it(
    'approves it, and watches it end although worker and API are killed on the way',
    async () => {
      await button('Approve 605 changes').click();
      await see(page, 'Applying');
      await progressBeyond(5);
      await check();
      await stack.killWorker();
      await stack.killApi();
      await page.getByText('Connection lost, retrying').waitFor();
      const before = await progress();
      await Promise.all([stack.startApi(), stack.startWorker()]);
      await progressBeyond(before);
      await see(page, 'Done: 605 changes are in the base', EDIT_MS);
      expect(await page.getByRole('link', { name: /Temporal’s Web UI/ }).getAttribute('href')).toMatch(
        /^http.*\/workflows\//,
      );
      await check();
    },
    2 * EDIT_MS,
  );

  it(
    'undoes it by a preview of its own',
    async () => {
      await button('Undo this edit…').click();
      await page
        .getByRole('button', { name: 'Approve the undo of 605 changes' })
        .waitFor({ timeout: 60_000 });
      await page.getByText('605 cells: Not Rated → empty').waitFor();
      await check();
      await button('Approve the undo of 605 changes').click();
      await see(page, 'Undone: 605 changes set back', EDIT_MS);
      await page.getByRole('link', { name: 'an earlier edit' }).click();
      await page.getByText('This edit has been undone').waitFor();
    },
    2 * EDIT_MS,
  );

  it('finds both, and every transaction, in the history', async () => {
    await page.getByRole('link', { name: 'History' }).click();
    await see(page, 'Edits');
    expect(await page.getByRole('link', { name: '605 records changed in Films' }).count()).toBe(2);
    await check();
    await page.getByRole('region', { name: 'Transactions' }).getByRole('link').first().click();
    await see(page, 'About it');
    await check();
    await page.getByRole('link', { name: 'Connections' }).click();
    await see(page, 'Connections');
    await check();
    expect(faults).toEqual([]);
  }, 90_000);
});
