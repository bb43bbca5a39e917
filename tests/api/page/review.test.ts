import type { Browser, Page } from 'playwright-core';
import type { EditApproval } from '../../../contracts/approvals';
import { launchBrowser, openPage } from '../../support/browser';
import { PageApi } from '../../support/page-api';
import { IDS } from '../../support/page-data';
import { see, signIn, tabTo } from '../../support/page-steps';
import { pollUntil } from '../../support/poll';

const EDIT = `/#/edits/${IDS.edit(1)}`;
/** An edit that waits for one person. */
const OPEN: EditApproval = {
  state: 'open',
  personsNeeded: 1,
  missing: 1,
  decisions: [],
  terms: null,
  reason: null,
  remindedAt: null,
  sideEffects: 'none',
};

describe('the review page', () => {
  let browser: Browser;
  let api: PageApi;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    api = new PageApi();
    await api.start();
    ({ page, faults } = await openPage(browser));
  });
  afterEach(async () => {
    await page.context().close();
    await api.stop();
    expect(faults).toEqual([]);
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name }).first();
  const enter = (route: string) =>
    signIn(page, `${api.url}${route}`, 'sample@example.test', 'a right password');
  const approvals = () => api.asked('POST', '/approve').map((r) => r.body);

  describe('deciding', () => {
    it('approves everything under the hash that was shown, and shows the progress and the outcome', async () => {
      await enter(EDIT);
      await see(page, '1 record created, 608 records changed, 2 records deleted in Films, Directors');
      await button('Approve 612 changes').click();
      await see(page, 'Applying');
      api.progress(1, 306);
      const bar = page.getByRole('progressbar');
      await page.getByText('306 of 612 changes', { exact: true }).waitFor();
      expect(await bar.getAttribute('aria-valuenow')).toBe('50');
      expect(await page.getByRole('link', { name: /Temporal’s Web UI/ }).getAttribute('href')).toMatch(
        /^http/,
      );
      api.finish(1, 'applied', { landed: [1, 2], unchanged: [3], conflict: [4] });
      await see(page, 'Done: 3 changes are in the base');
      await page.getByText('Somebody set it to “PG”.').waitFor();
      expect(approvals()).toEqual([{ hash: api.edit(1).hash, conflicts: 'skip' }]);
    });

    it('approves only what is chosen, by group and by record, under the chosen conflict policy', async () => {
      await enter(EDIT);
      const rating = page.getByRole('checkbox', { name: /^Choose MPAA Rating, 605/ });
      await button(/^Records: MPAA Rating, 605/).click();
      await page.getByRole('checkbox', { name: /Film 10/ }).uncheck();
      expect(await rating.evaluate((box: HTMLInputElement) => [box.checked, box.indeterminate])).toEqual([
        false,
        true,
      ]);
      await page.getByRole('checkbox', { name: 'All of Directors' }).uncheck();
      await page.getByLabel('Overwrite it').check();
      await button('Approve 608 of 612 changes').click();
      await see(page, 'Applying');
      const left = new Set([11, 609, 610, 611]);
      const only = api.changes.map((c) => c.ordinal).filter((o) => !left.has(o));
      expect(approvals()).toEqual([{ hash: api.edit(1).hash, conflicts: 'overwrite', only }]);
    });

    it('sends nothing when nothing is chosen', async () => {
      await enter(EDIT);
      await page.getByRole('checkbox', { name: 'All of Directors' }).uncheck();
      await page.getByRole('checkbox', { name: 'All of Films' }).uncheck();
      await page.getByText('Nothing is chosen.').waitFor();
      await button(/^Approve 0 of 612/).click({ force: true });
      expect(approvals()).toEqual([]);
    });

    it('does not approve over a read-only connection, says why, and offers to switch it on', async () => {
      api.setEdit(1, { writable: false });
      await enter(EDIT);
      const approve = button(/^Approve/);
      expect(await approve.getAttribute('aria-disabled')).toBe('true');
      await page.getByText('This connection is read-only').waitFor();
      await approve.click({ force: true });
      await button('Allow writing through this connection').click();
      await page.getByText('Writing starts at once.').waitFor();
      expect(await button(/^Approve/).getAttribute('aria-disabled')).toBe('false');
      expect(approvals()).toEqual([]);
    });

    it('rejects with a reason', async () => {
      await enter(EDIT);
      await page.locator('summary', { hasText: 'Reject' }).click();
      await page.getByLabel('Reason (optional)').fill('wrong base');
      await page.getByRole('button', { name: 'Reject', exact: true }).click();
      await see(page, 'Rejected: nothing was written');
      expect(api.asked('POST', '/reject')[0]?.body).toEqual({ reason: 'wrong base' });
    });

    it('shows why an edit was rejected', async () => {
      const approval = { ...OPEN, state: 'rejected', missing: 0, reason: '<b>wrong</b> base' } as const;
      api.setEdit(1, { state: 'rejected', approval });
      await enter(EDIT);
      await page.getByText('<b>wrong</b> base', { exact: true }).waitFor();
    });

    it('asks once for a connection whether it is known what no undo takes back', async () => {
      api.setEdit(1, { approval: { ...OPEN, sideEffects: 'unacknowledged' } });
      await enter(EDIT);
      const approve = button(/^Approve/);
      expect(await approve.getAttribute('aria-disabled')).toBe('true');
      await approve.click({ force: true });
      await page.getByText('Say first that you know what no undo takes back.').waitFor();
      await page.getByLabel(/automations, syncs and e-mails of the base/).check();
      await approve.click();
      await see(page, 'Applying');
      expect(approvals()).toEqual([
        { hash: api.edit(1).hash, conflicts: 'skip', acknowledgeSideEffects: true },
      ]);
    });

    it('says that two persons are needed, and has the second approve what the first did', async () => {
      api.setEdit(1, { approval: { ...OPEN, personsNeeded: 2, missing: 2 } });
      await enter(EDIT);
      await page.getByText('2 persons have to approve this').waitFor();
      const terms = { conflicts: 'stop', only: [1, 2, 3] };
      api.setEdit(1, { approval: { ...OPEN, personsNeeded: 2, missing: 1, terms } });
      await page.reload();
      await page.getByText('1 of 2 persons has approved: 3 of 612 changes').waitFor();
      expect(await page.getByLabel('Overwrite it').count()).toBe(0);
      expect(await page.getByRole('checkbox').count()).toBe(0);
      await button('Approve 3 of 612 changes').click();
      await see(page, 'Applying');
      expect(approvals()).toEqual([{ hash: api.edit(1).hash, conflicts: 'stop', only: [1, 2, 3] }]);
    });

    it('shows what the server says against an approval', async () => {
      api.failApproval = {
        status: 422,
        detail: 'The preview is older than the change set: look at it again.',
      };
      await enter(EDIT);
      await button(/^Approve/).click();
      await page.getByRole('alert').getByText('look at it again').waitFor();
    });
  });

  describe('while an edit runs', () => {
    beforeEach(async () => {
      await enter(EDIT);
      await button(/^Approve/).click();
      await see(page, 'Applying');
    });

    it('can be paused, resumed, and cancelled', async () => {
      await button('Pause').click();
      await button('Resume').click();
      await button('Pause').waitFor();
      await page.locator('summary', { hasText: 'Cancel' }).click();
      await button('Cancel and undo').click();
      await page.getByText('Undoing its steps').first().waitFor();
      api.finish(1, 'rolled_back', { undone: [1, 2, 3] });
      await see(page, /^Rolled back/);
    });

    it('says that the connection is lost when the API goes, and goes on by itself when it is back', async () => {
      api.progress(1, 100);
      await page.getByText('100 of 612 changes', { exact: true }).waitFor();
      await api.stop();
      await page.getByText('Connection lost, retrying').waitFor();
      api.progress(1, 400);
      await api.start();
      await page.getByText('400 of 612 changes', { exact: true }).waitFor();
      await page.getByText('Connected again').waitFor();
      api.finish(1, 'applied', { landed: [1] });
      await see(page, /^Done/);
    });

    it('survives a reload', async () => {
      api.progress(1, 100);
      await page.reload();
      await page.getByText('100 of 612 changes', { exact: true }).waitFor();
    });
  });

  it('sends an approval again when its answer was lost, under the same key', async () => {
    api.loseAnswer = true;
    await enter(EDIT);
    await button(/^Approve/).click();
    await see(page, 'Applying');
    const keys = api.asked('POST', '/approve').map((r) => r.key);
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('follows an edit by asking where streams do not work', async () => {
    api.streams = false;
    await enter(EDIT);
    await button(/^Approve/).click();
    await see(page, 'Applying');
    api.progress(1, 200);
    await page.getByText('200 of 612 changes', { exact: true }).waitFor();
  });

  it('undoes an edit by a preview of its own', async () => {
    api.finish(1, 'applied', { landed: [1, 2, 3] });
    await enter(EDIT);
    await button('Undo this edit…').click();
    await see(page, '604 records changed in Films');
    await page.getByText('1 record was changed after the edit').waitFor();
    await button('Approve the undo of 605 changes').click();
    await see(page, 'Undoing');
    api.finish(2, 'applied', { landed: [1, 2, 3] });
    await see(page, 'Undone: 3 changes set back');
  });

  describe('texts from a base', () => {
    it('are never markup, and their invisible characters are shown', async () => {
      await enter(EDIT);
      await button(/^Records: MPAA Rating, 605/).click();
      await page.getByText('<script>window.hacked=1</script>').waitFor();
      expect(await page.evaluate(() => Reflect.get(window, 'hacked') as unknown)).toBeUndefined();
      expect(await page.locator('main img, main script').count()).toBe(0);
      expect(await page.locator('.invisible').allTextContents()).toEqual(['U+202E', 'U+200B']);
      await button(/^Records: Title/).click();
      await page.getByTitle('no-break space').first().waitFor();
      expect(await page.getByTitle('space', { exact: true }).count()).toBe(2);
    });

    it('keep the planner’s words apart from what was computed', async () => {
      await enter(EDIT);
      expect(await page.locator('blockquote').textContent()).toContain('it is only 3 changes');
      expect(await page.locator('figcaption').textContent()).toContain('quoted');
      expect(await page.locator('h1').textContent()).not.toContain('3 changes');
    });
  });

  describe('asking', () => {
    it('goes from an example to the difference', async () => {
      await enter('/');
      await button(/^Films without a rating/).click();
      await button('Plan the change').click();
      await see(page, 'The difference');
      expect(api.asked('POST', '/messages')[0]?.body).toMatchObject({
        baseId: IDS.base,
        text: expect.stringContaining('Not Rated') as unknown,
      });
    });

    it('shows the conversation when the planner answers in words', async () => {
      api.planner = 'words';
      await enter('/');
      await page.getByLabel('The change').fill('set Rating to "Not Rated" in Films');
      await button('Plan the change').click();
      await page.getByText('Did you mean “MPAA Rating”?').waitFor();
    });

    it('waits for a turn that takes long, and then goes to the difference', async () => {
      api.planner = 'later';
      await enter('/');
      await page.getByLabel('The change').fill('tidy up');
      await button('Plan the change').click();
      await page.getByText('The planner is reading the base').waitFor();
      api.setOperation(9, { status: 'done', result: { messageId: IDS.message(2), editId: IDS.edit(1) } });
      await see(page, 'The difference');
    });
  });

  describe('the session', () => {
    it('is renewed before it ends, once however many ask', async () => {
      api.expiresIn = 1;
      await enter('/');
      await see(page, 'What should change?');
      const renewals = api.asked('POST', '/refresh').length;
      expect(renewals).toBeGreaterThan(0);
      expect(renewals).toBeLessThan(api.requests.length - renewals);
    });

    it('is asked for again when the server has ended it, and the link still leads where it did', async () => {
      await enter(EDIT);
      await button(/^Approve/).waitFor();
      await page.evaluate(() => {
        const kept = JSON.parse(sessionStorage.getItem('sagatable.session') ?? '{}') as object;
        sessionStorage.setItem(
          'sagatable.session',
          JSON.stringify({ ...kept, access: 'spoilt', refresh: 'spoilt' }),
        );
      });
      await page.reload();
      await see(page, 'Sign in');
      await signIn(page, page.url(), 'sample@example.test', 'a right password');
      await see(page, 'The difference');
    });

    it('leaves nothing behind after signing out', async () => {
      await enter('/');
      await button('Sign out').click();
      await see(page, 'Sign in');
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
      await pollUntil(
        'the server was told',
        async () => api.asked('DELETE', '/sessions/current').length === 1,
      );
    });
  });

  it('is done by keyboard alone, from signing in to the outcome', async () => {
    await page.goto(api.url);
    await see(page, 'Sign in');
    await tabTo(page, 'input', /E-mail/);
    await page.keyboard.type('sample@example.test');
    await page.keyboard.press('Tab');
    await page.keyboard.type('a right password');
    await page.keyboard.press('Enter');
    await see(page, 'What should change?');
    await tabTo(page, 'textarea', /The change/);
    await page.keyboard.type('set "MPAA Rating" to "Not Rated" in Films');
    await page.keyboard.press('Control+Enter');
    await see(page, 'The difference');
    await tabTo(page, 'input', /Choose MPAA Rating, 605/);
    await page.keyboard.press('Space');
    await tabTo(page, 'button', /^ *Approve 7 of 612/);
    await page.keyboard.press('Enter');
    await see(page, 'Applying');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Applying');
    await tabTo(page, 'button', /Pause/);
    await page.keyboard.press('Enter');
    await button('Resume').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Resume');
    api.finish(1, 'applied', { landed: [0] });
    await see(page, /^Done/);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^Done/);
  });
});
