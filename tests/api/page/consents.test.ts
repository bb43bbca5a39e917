import type { Browser, Page } from 'playwright-core';
import type { EditApproval } from '../../../contracts/approvals';
import type { EditView } from '../../../contracts/edits';
import type { NotReturning } from '../../../contracts/restoring';
import { launchBrowser, openPage } from '../../support/browser';
import { PageApi } from '../../support/page-api';
import { IDS } from '../../support/page-data';
import { see, signIn } from '../../support/page-steps';

const EDIT = `/#/edits/${IDS.edit(1)}`;
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
const COST: EditView['cost'] = { perSecond: 3, callsLeft: 200, undoBeyondQuota: true };
const DELETIONS: NotReturning = {
  records: 2,
  restored: 0,
  always: ['id', 'createdTime', 'createdBy', 'history'],
  comments: null,
  repostComments: false,
  largeAttachments: null,
  lost: [],
  lostCount: 0,
};

describe('what is said before an edit is approved', () => {
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

  const approve = () => page.getByRole('button', { name: /^Approve/ }).first();
  const enter = () => signIn(page, `${api.url}${EDIT}`, 'sample@example.test', 'a right password');
  const approvals = () => api.asked('POST', '/approve').map((r) => r.body);
  const said = { hash: 'ab'.repeat(32), conflicts: 'skip' };
  const focused = () => page.evaluate(() => document.activeElement?.closest('label')?.textContent ?? '');

  it('is what it costs to apply and to undo, in calls and at the pace of the connection', async () => {
    api.setEdit(1, {
      calls: { apply: 126, verify: 21, undo: 300 },
      cost: { ...COST, undoBeyondQuota: false },
    });
    await enter();
    const cost = page.getByRole('region', { name: 'What it costs' });
    await cost.getByText('126 calls, 21 of them only to look, about 42 s').waitFor();
    await cost.getByText('300 calls, about 2 min').waitFor();
    await cost.getByText('3 calls a second').waitFor();
    await cost.getByText('200 calls', { exact: true }).waitFor();
  });

  it('names no time where no pace is kept, nor calls that nobody counts', async () => {
    api.setEdit(1, {
      calls: { apply: 126, undo: 126 },
      cost: { perSecond: null, callsLeft: null, undoBeyondQuota: false },
    });
    await enter();
    const cost = page.getByRole('region', { name: 'What it costs' });
    await cost.getByText('126 calls', { exact: true }).first().waitFor();
    expect(await cost.textContent()).not.toMatch(/second|left/i);
  });

  it('asks whether it is known that the undo may not fit this month, where all of it is chosen', async () => {
    api.setEdit(1, { cost: COST });
    await enter();
    await page.getByText('Say first that you know that it may not be possible').waitFor();
    expect(await approve().getAttribute('aria-disabled')).toBe('true');
    const box = page.getByLabel(/200 calls left of this month may not be enough: all of it needs 126/);
    await box.check();
    await approve().click();
    await see(page, 'Applying');
    expect(approvals()).toEqual([{ ...said, acceptUndoBeyondQuota: true }]);
  });

  it('leaves it to the server to say whether a part fits, and asks where that says it does not', async () => {
    api.setEdit(1, { cost: COST });
    api.failApproval = {
      status: 409,
      code: 'consent_required',
      consent: 'acceptUndoBeyondQuota',
      detail: 'It may not be possible to take it back.',
    };
    await enter();
    await page.getByRole('checkbox', { name: 'All of Directors' }).uncheck();
    const box = page.getByRole('checkbox', { name: /may not be possible to take this back/ });
    await box.waitFor({ state: 'hidden' });
    await approve().click();
    await page.getByRole('alert').getByText('It may not be possible to take it back.').waitFor();
    expect(await focused()).toContain('may not be possible to take this back');
    // What was chosen is still chosen.
    expect(await page.getByRole('checkbox', { name: 'All of Directors' }).isChecked()).toBe(false);
    await box.check();
    await approve().click();
    await see(page, 'Applying');
    expect(approvals().at(-1)).toMatchObject({ acceptUndoBeyondQuota: true });
  });

  it('asks for what an undo leaves behind only while that is chosen', async () => {
    const [group] = api.edit(1).groups;
    if (!group) throw new Error('the sample has no groups');
    const table = { ...group, key: 'option', kind: 'createField' as const, headline: 'A new field “Rank”' };
    api.setEdit(1, { groups: [table, ...api.edit(1).groups.slice(1)] });
    await enter();
    const box = page.getByLabel(/no undo removes the new tables and fields/);
    await box.waitFor();
    await page.getByRole('checkbox', { name: /A new field “Rank”/ }).uncheck();
    await box.waitFor({ state: 'hidden' });
    await page.getByRole('checkbox', { name: /A new field “Rank”/ }).check();
    await box.check();
    await approve().click();
    await see(page, 'Applying');
    expect(approvals()).toEqual([{ ...said, acceptIrreversible: true }]);
  });

  it('shows a consent that became necessary since the page was read', async () => {
    api.setEdit(1, { approval: OPEN });
    api.failApproval = {
      status: 409,
      code: 'consent_required',
      consent: 'acknowledgeSideEffects',
      detail: 'Say once that this is known.',
    };
    await enter();
    await approve().click();
    expect(await approve().getAttribute('aria-disabled')).toBe('true');
    await page.getByLabel(/automations, syncs and e-mails of the base/).check();
    await approve().click();
    await see(page, 'Applying');
  });

  it('lets comments of deleted records come back as quotations, where records are deleted', async () => {
    await enter();
    await approve().waitFor();
    expect(await page.getByLabel(/Post them again as quotations/).count()).toBe(0);
    api.setEdit(1, { notReturning: DELETIONS });
    await page.reload();
    await page.getByLabel(/Post them again as quotations, where an undo brings records back/).check();
    await approve().click();
    await see(page, 'Applying');
    expect(approvals()).toEqual([{ ...said, repostComments: true }]);
  });

  it('says how many comments there are before an undo brings the records back', async () => {
    api.setEdit(1, { kind: 'revert', notReturning: { ...DELETIONS, comments: 3 } });
    await enter();
    await page.getByText('where this brings records back', { exact: false }).waitFor();
    await page.getByText('There are 3 comments.', { exact: false }).waitFor();
  });

  it('says why an approval came too late, above what is there now', async () => {
    api.failApproval = { status: 409, code: 'edit_rejected', detail: 'The edit is already rejected.' };
    await enter();
    await approve().waitFor();
    api.setEdit(1, { state: 'rejected' });
    await approve().click();
    await see(page, 'Rejected: nothing was written');
    await page.getByRole('alert').getByText('The edit is already rejected.').waitFor();
  });

  it('says how new records will be told should an answer be lost', async () => {
    const plan = { tableId: 'tbl1', markerFieldId: null, witness: false };
    api.setEdit(1, {
      evidencePlan: [
        { ...plan, tableName: 'Films', markerFieldId: 'fld00000000000001' },
        { ...plan, tableName: 'Directors' },
        { ...plan, tableName: 'Studios', witness: true },
      ],
    });
    await enter();
    const region = page.getByRole('region', { name: 'If an answer is lost' });
    await region.getByText('By its marker field: made once for certain.').waitFor();
    await region.getByText('By its time and equal cells only').waitFor();
    await region.getByText('By what the base tells of changes.').waitFor();
  });
});
