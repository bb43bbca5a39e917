import type { Browser, Page } from 'playwright-core';
import type { Dependent } from '../../../contracts/dependents';
import type { Settling } from '../../../contracts/settling';
import { findAccessibilityFaults, launchBrowser, openPage } from '../../support/browser';
import { PageApi } from '../../support/page-api';
import { IDS, ODD_LABELS } from '../../support/page-data';
import { see, signIn } from '../../support/page-steps';

const EDIT = `/#/edits/${IDS.edit(1)}`;
const UNTIL = '2026-03-04T15:06:07.000Z';
/** The same in Tokyo, nine hours on. */
const LOCAL = 'Mar 5, 2026, 12:06:07 AM GMT+9';

const settling = (over: Partial<Settling>): Settling => ({
  windowSeconds: 60,
  until: UNTIL,
  sweeps: 1,
  unanswered: 2,
  lateLandings: 0,
  needsReview: 0,
  over: false,
  ...over,
});

const dependent = (n: number, over: Partial<Dependent> = {}): Dependent => ({
  editId: IDS.edit(n),
  headline: `${n} records changed in Films`,
  state: 'applied',
  decidedAt: UNTIL,
  records: 12,
  cells: 24,
  examples: [
    { recordId: 'rec00000000000001', label: ODD_LABELS[0] ?? '', fields: ['MPAA Rating', 'Title'] },
    { recordId: 'rec00000000000002', label: null, fields: [] },
  ],
  ...over,
});

describe('what became of an edit', () => {
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
    ({ page, faults } = await openPage(browser, { timezoneId: 'Asia/Tokyo' }));
  });
  afterEach(async () => {
    expect(await findAccessibilityFaults(page)).toEqual([]);
    await page.context().close();
    await api.stop();
    expect(faults).toEqual([]);
  });

  const enter = () => signIn(page, `${api.url}${EDIT}`, 'sample@example.test', 'a right password');
  const undo = () => page.getByRole('button', { name: /^Undo this edit/ });
  const asked = () => api.asked('POST', '/revert').map((r) => r.body);

  describe('and late answers', () => {
    it('says until when it waits for them, in the reader’s own time zone, once it does', async () => {
      api.setEdit(1, { state: 'applying', operationId: IDS.operation(1) });
      api.setOperation(1, { operation: 'applyEdit', status: 'running', editId: IDS.edit(1) });
      await enter();
      await see(page, 'Applying');
      api.setEdit(1, { settling: settling({}) });
      const message = `Applying. Waiting for late writes until ${UNTIL}`;
      api.setOperation(1, { progress: { done: 612, total: 612, unit: 'changes', message } });
      const waits = page.getByRole('status', { name: 'Late answers' });
      await waits.getByText(`Waiting for late answers until ${LOCAL}`).waitFor();
      await waits
        .getByText('looked 1 time; 2 requests without an answer not found; nothing landed late.')
        .waitFor();
      await page.getByText(`Waiting for late writes until ${LOCAL}`).waitFor();
      expect(await page.locator('main').textContent()).not.toContain(UNTIL);
    });

    it('says afterwards how long it waited, how often it looked, and what it found', async () => {
      api.finish(1, 'applied', { landed: [1, 2] });
      api.setEdit(1, {
        settling: settling({ over: true, sweeps: 3, unanswered: 0, lateLandings: 2, needsReview: 1 }),
      });
      await enter();
      await page.getByText(`Waited for 60 seconds, until ${LOCAL}.`, { exact: false }).waitFor();
      await page
        .getByText('looked 3 times; 2 changes landed late; 1 record for a person to look at.')
        .waitFor();
    });
  });

  it('says by what it is known, of all and of each', async () => {
    api.finish(1, 'needs_review', { unknown: [4] });
    api.setEdit(1, { evidence: { answer: 600, read_back: 4 } });
    Object.assign(api.changes[4] ?? {}, { evidence: 'read_back' });
    await enter();
    await page.getByText('the answer of the base: 600 · reading it back: 4').waitFor();
    await page.getByText('Known by reading it back').waitFor();
  });

  describe('and newer edits that depend on it', () => {
    beforeEach(() => {
      api.finish(1, 'applied', { landed: [1, 2, 3] });
    });

    it('names no others where there are none', async () => {
      await enter();
      await undo().click();
      await see(page, '604 records changed in Films');
      expect(asked()).toEqual([{}]);
    });

    it('shows which cells depend on which edits, and leaves them unless they are chosen', async () => {
      api.dependents = [dependent(7), dependent(6, { cells: 0, records: 1, examples: [] })];
      await enter();
      const group = page.getByRole('group', { name: 'Newer edits that depend on this one' });
      await group.getByText('24 cells of 12 records', { exact: false }).waitFor();
      await group.getByText('1 record created, changed or deleted', { exact: false }).waitFor();
      await group.getByText('Which cells').first().click();
      await group.getByText(/<img src=x.*: MPAA Rating, Title/).waitFor();
      await group.getByText('rec00000000000002: the whole record').waitFor();
      await group.getByText('and 10 more').waitFor();
      await undo().click();
      await see(page, '604 records changed in Films');
      expect(asked()).toEqual([{}]);
    });

    it('takes back those that are chosen, or all with what depends on them, and says so in the preview', async () => {
      api.dependents = [dependent(7), dependent(6)];
      await enter();
      await page.getByRole('checkbox', { name: 'Undo too: 6 records changed' }).check();
      await page.getByRole('button', { name: 'Undo this edit and 1 newer edit…' }).click();
      await page.getByText('and first what was done after it').waitFor();
      expect(await page.getByRole('link', { name: 'newer edit 1' }).getAttribute('href')).toBe(
        `#/edits/${IDS.edit(6)}`,
      );
      await page.goto(`${api.url}${EDIT}`);
      for (const n of [7, 6])
        await page.getByRole('checkbox', { name: `Undo too: ${n} records changed` }).check();
      await page.getByRole('button', { name: 'Undo this edit and 2 newer edits…' }).press('Enter');
      await page.getByRole('link', { name: 'newer edit 2' }).waitFor();
      expect(asked()).toEqual([{ including: [IDS.edit(6)] }, { withDependents: true }]);
    });

    it('does not offer to undo one that still runs', async () => {
      api.dependents = [dependent(7, { state: 'applying' })];
      await enter();
      await page.getByText('has not ended: it can be undone after that.').waitFor();
      expect(await page.getByRole('checkbox', { name: /^Undo too/ }).count()).toBe(0);
    });
  });
});
