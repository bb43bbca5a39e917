import { createServer, type Server } from 'node:http';
import pino from 'pino';
import type { Browser, Page } from 'playwright-core';
import { createApp } from '../../../api/app';
import { createServices, type Services } from '../../../services/create-services';
import { createApprovalWorld, type ApprovalWorld } from '../../services/approvals/approval-world';
import { findAccessibilityFaults, launchBrowser, openPage } from '../../support/browser';
import { testConfig } from '../../support/config';
import { see, signIn, tabTo } from '../../support/page-steps';
import { PASSWORD } from '../../support/people';
import { createTestTemporal, type TestTemporal } from '../../support/temporal';

/** The page against the real API: what that has against a rule is to be seen at its field. */
describe('the page of the approval rules', () => {
  let world: ApprovalWorld;
  let temporal: TestTemporal;
  let services: Services;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let url: string;
  let owner: { userId: string; email: string };
  let editor: { userId: string; email: string };
  let approver: { userId: string; email: string };

  beforeAll(async () => {
    [world, temporal, browser] = await Promise.all([
      createApprovalWorld(),
      createTestTemporal(),
      launchBrowser(),
    ]);
    const config = testConfig({ DATABASE_URL: world.edit.server.database.url });
    services = createServices(config);
    const logger = pino({ level: 'silent' });
    server = createServer(
      createApp({ config, services, temporal: temporal.client, logger, uiUrl: 'http://localhost' }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    url = `http://127.0.0.1:${address.port}/#/rules`;
    owner = await world.join('owner');
    editor = await world.join('editor');
    approver = await world.join('approver');
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await services.close();
    await temporal.close();
    await world.close();
  });
  beforeEach(async () => {
    await world.rules({});
    ({ page } = await openPage(browser));
  });
  afterEach(() => page.context().close());

  const save = () => page.getByRole('button', { name: 'Save the rules' });
  const saved = () => page.getByText('Saved. They hold from now on').waitFor();
  const rules = () => world.approvals.rules(world.workspaceId);

  it('sets who approves what, and how long a proposal waits', async () => {
    await signIn(page, url, owner.email, PASSWORD);
    await see(page, 'Approval rules');
    await page.getByLabel('Admins').uncheck();
    await page.getByRole('checkbox', { name: 'approver', exact: true }).check();
    await page.getByLabel('Who proposed an edit may approve it').uncheck();
    await page.getByLabel('An edit of more records than').fill('100');
    await page.getByLabel('Small edits need nobody').check();
    await page.getByLabel('Records of such an edit at most').fill('5');
    await page.getByLabel('new records').check();
    await page.getByLabel('Hours in which it can be approved').fill('48');
    await page.getByLabel('Hours after which approvers are reminded').fill('');
    await save().click();
    await saved();
    await page.getByText('Set by owner,').waitFor();
    expect(await rules()).toMatchObject({
      approvers: { roles: ['owner', 'approver'], users: [approver.userId] },
      proposerMayApprove: false,
      twoPersons: { aboveRecords: 100, aboveDeletions: null },
      autoApprove: { maxRecords: 5, kinds: ['update', 'create'] },
      expiresInHours: 48,
      remindAfterHours: null,
      updatedBy: owner.userId,
    });
    await page.reload();
    await see(page, 'Approval rules');
    expect(await page.getByLabel('An edit of more records than').inputValue()).toBe('100');
    expect(await page.getByLabel('Admins').isChecked()).toBe(false);
  });

  it('shows what is wrong with a rule at its field, which has the focus then, and saves nothing', async () => {
    await signIn(page, url, owner.email, PASSWORD);
    await see(page, 'Approval rules');
    const hours = page.getByLabel('Hours in which it can be approved');
    await hours.fill('1000');
    await page.getByLabel('An edit that deletes more records than').fill('many');
    await save().click();
    const deletions = page.getByLabel('An edit that deletes more records than');
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
    for (const field of [hours, deletions]) {
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      const described = (await field.getAttribute('aria-describedby'))?.split(' ').at(-1) ?? '';
      expect(await page.locator(`#${described}`).textContent()).toMatch(/number|720/);
    }
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(await rules()).toMatchObject({ expiresInHours: 72, twoPersons: { aboveDeletions: null } });
    await hours.fill('24');
    await deletions.fill('0');
    await save().click();
    await saved();
    expect(await hours.getAttribute('aria-invalid')).toBeNull();
    expect(await rules()).toMatchObject({ expiresInHours: 24, twoPersons: { aboveDeletions: 0 } });
  });

  it('says at its place that somebody has to be left who approves', async () => {
    await signIn(page, url, owner.email, PASSWORD);
    await see(page, 'Approval rules');
    for (const role of ['Owners', 'Admins', 'Approvers'])
      await page.getByRole('checkbox', { name: role }).uncheck();
    await tabTo(page, 'button', /Save the rules/);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('must name a role or a user').waitFor();
    expect(await page.getByLabel('Owners').evaluate((box) => box === document.activeElement)).toBe(true);
  });

  it('shows the rules to a member who may not set them, and nothing to change', async () => {
    await world.rules({
      approvers: { roles: ['owner'], users: [approver.userId] },
      twoPersons: { aboveRecords: 100 },
      autoApprove: { maxRecords: 5, kinds: ['update'] },
    });
    await signIn(page, url, editor.email, PASSWORD);
    await see(page, 'The rules');
    await page.getByText('Owners, approver', { exact: true }).waitFor();
    await page.getByText('For an edit of more than 100 records').waitFor();
    await page.getByText('Up to 5 records need nobody, with changed records only, and 50 of one').waitFor();
    expect(await page.locator('main input, main button').count()).toBe(0);
    expect(await findAccessibilityFaults(page)).toEqual([]);
  });
});
