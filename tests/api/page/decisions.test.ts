import type { Browser, Page } from 'playwright-core';
import type { Conflict } from '../../../contracts/conflicts';
import type { UnresolvedChange } from '../../../contracts/reviews';
import { launchBrowser, openPage } from '../../support/browser';
import { PageApi } from '../../support/page-api';
import { IDS, ODD_LABELS } from '../../support/page-data';
import { see, signIn } from '../../support/page-steps';

const EDIT = `/#/edits/${IDS.edit(1)}`;
const AT = '2026-03-04T05:06:07.000Z';

const conflict = (ordinal: number, label: string): Conflict => ({
  ordinal,
  kind: 'update',
  tableId: 'tbl00000000000001',
  tableName: 'Films',
  recordId: `rec${String(ordinal).padStart(14, '0')}`,
  label,
  cells: [
    {
      fieldId: 'fld00000000000001',
      fieldName: 'MPAA Rating',
      changed: true,
      before: null,
      ours: 'Not Rated',
      now: ODD_LABELS[0] ?? '',
      beforeText: 'empty',
      oursText: 'Not Rated',
      nowText: ODD_LABELS[0] ?? '',
    },
  ],
  now: String(ordinal).padStart(32, '0'),
  decision: null,
  decidedBy: null,
  decidedAt: null,
  askedAt: AT,
  expiresAt: AT,
});

const unresolved = (ordinal: number, over: Partial<UnresolvedChange>): UnresolvedChange => ({
  ordinal,
  kind: 'update',
  tableId: 'tbl00000000000001',
  tableName: 'Films',
  recordId: `rec${String(ordinal).padStart(14, '0')}`,
  label: `Film ${ordinal}`,
  cells: [
    {
      fieldId: 'fld00000000000001',
      fieldName: 'MPAA Rating',
      before: null,
      after: 'Not Rated',
      beforeText: 'empty',
      afterText: 'Not Rated',
    },
  ],
  state: 'undo_conflict',
  reason: 'changed by somebody since, left as it is: MPAA Rating',
  evidence: null,
  journal: { direction: 'undo', sentAt: AT, settledAt: AT, batch: 'b', attempts: 2, found: {}, written: {} },
  late: [],
  retrying: null,
  now: {
    record: {},
    recordTexts: { 'MPAA Rating': ODD_LABELS[0] ?? '' },
    candidates: [],
    at: AT,
    failed: null,
  },
  witness: { watched: false, upTo: null, changes: [], gaps: [] },
  ...over,
});

describe('what waits for a person', () => {
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

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const sent = (end: string) => api.asked('POST', end).map((r) => r.body);

  it('shows conflicts with three values once the edit waits for them, and sends what was shown with the decision', async () => {
    api.setEdit(1, { state: 'applying', operationId: IDS.operation(1) });
    api.setOperation(1, { operation: 'applyEdit', status: 'running', editId: IDS.edit(1) });
    await signIn(page, `${api.url}${EDIT}`, 'sample@example.test', 'a right password');
    await see(page, 'Applying');
    expect(await page.getByText('Conflicts to decide on').isVisible()).toBe(false);
    api.conflicts = [conflict(4, 'Ran'), conflict(5, 'Ikiru'), conflict(6, 'Dersu')];
    api.setOperation(1, { status: 'paused' });
    await page.getByRole('heading', { name: 'Conflicts to decide on' }).waitFor();
    const ran = page.getByRole('listitem').filter({ hasText: 'Ran' }).first();
    for (const value of ['before: ', 'approved: ', 'now: ']) await ran.getByText(value).waitFor();
    await ran.getByText('<img src=x', { exact: false }).waitFor();
    await button('Overwrite: Ran').click();
    await button('Overwrite: Ran').waitFor({ state: 'detached' });
    await button('Leave as it is: all 2 shown').click();
    await page.getByRole('heading', { name: 'Conflicts to decide on' }).waitFor({ state: 'hidden' });
    const now = (ordinal: number) => String(ordinal).padStart(32, '0');
    expect(sent('/conflicts')).toEqual([
      { ordinals: [4], decision: 'overwrite', now: { 4: now(4) } },
      { ordinals: [5, 6], decision: 'skip', now: { 5: now(5), 6: now(6) } },
    ]);
  });

  it('shows each unclear change with its evidence and three answers, and ends when all are given', async () => {
    api.unresolved = [
      unresolved(4, {}),
      unresolved(7, {
        kind: 'create',
        recordId: null,
        label: 'New film',
        state: 'unknown',
        now: {
          record: null,
          recordTexts: null,
          candidates: [{ recordId: 'rec00000000000077', createdTime: AT }],
          at: AT,
          failed: null,
        },
      }),
    ];
    api.finish(1, 'needs_review', { undo_conflict: [4], unknown: [7] });
    api.setEdit(1, { operationId: IDS.operation(1), waiting: { conflicts: 0, review: 2 } });
    await signIn(page, `${api.url}${EDIT}`, 'sample@example.test', 'a right password');
    await page.getByRole('heading', { name: 'What needs a person' }).waitFor();
    await page.getByText('Journal: last about to be taken back', { exact: false }).first().waitFor();
    await page.getByText('Witness: the base is not watched', { exact: false }).first().waitFor();
    await button('Look at it now: Film 4').click();
    await page.getByText('<img src=x', { exact: false }).first().waitFor();
    await button('Look at it now: New film').click();
    await page.getByText('A record with the same cells: ', { exact: false }).waitFor();
    expect(await page.getByLabel('If it landed: the id of the record (New film)').inputValue()).toBe(
      'rec00000000000077',
    );
    await button('It landed: New film').click();
    await page.getByText('1 change waits', { exact: false }).waitFor();
    await button('Try again: Film 4').click();
    await page.getByRole('heading', { name: 'What needs a person' }).waitFor({ state: 'detached' });
    expect(sent('/review')).toEqual([
      { ordinals: [7], verdict: 'landed', recordId: 'rec00000000000077' },
      { ordinals: [4], verdict: 'retry' },
    ]);
  });

  it('shows records that came late, each with three answers of its own, and asks nothing of a change that is clear', async () => {
    const late = (recordId: string, over: Partial<UnresolvedChange['late'][number]>) => ({
      recordId,
      state: 'unclear' as const,
      evidence: null,
      reason: 'another edit may have made it',
      foundAt: AT,
      cells: {},
      looked: false,
      now: null,
      deciding: null,
      ...over,
    });
    const [first, second] = ['rec00000000000091', 'rec00000000000092'] as const;
    const records = [
      late(first, {}),
      late(second, { state: 'changed', evidence: 'read_back', reason: null }),
    ];
    api.unresolved = [unresolved(4, { kind: 'create', state: 'undone', late: records })];
    api.finish(1, 'needs_review', { undone: [4] });
    api.setEdit(1, { operationId: IDS.operation(1), waiting: { conflicts: 0, review: 1 } });
    await signIn(page, `${api.url}${EDIT}`, 'sample@example.test', 'a right password');
    await page.getByText('another edit may have made it', { exact: false }).waitFor();
    await page.getByText('known by read back', { exact: false }).waitFor();
    expect(await button('It landed: Film 4').count()).toBe(0);
    await button(`Somebody else’s: ${first}`).click();
    await button(`Somebody else’s: ${first}`).waitFor({ state: 'detached' });
    await button(`Delete it: ${second}`).click();
    await page.getByRole('heading', { name: 'What needs a person' }).waitFor({ state: 'detached' });
    expect(sent('/review')).toEqual([
      { lateRecords: [first], verdict: 'notLanded' },
      { lateRecords: [second], verdict: 'retry' },
    ]);
  });
});
