import { describeFile, fileOf } from '../../chaos/plan/files';
import type { Story, Told } from '../../chaos/story';
import { gatherTruth, type Truth } from '../../chaos/oracle/truth';
import type { PlannedEdit } from '../../chaos/plan/shapes';
import type { ProxiedRequest } from '../../chaos/proxy/fault-proxy';
import type { Base, FoundItem } from '../../chaos/world/base';
import type { LoggedWrite } from '../../chaos/world/log';

/** When the edit of these tests was approved, and when its operation ended. */
export const APPROVED_AT = 100_000;
export const ENDED_AT = 200_000;
export const PROMISES = { windowMs: 10_000, gapMs: 13_000 };

/** One of each: a creation, an update and a deletion. */
export const PLAN: PlannedEdit = {
  number: 1,
  fate: 'commit',
  policy: 'skip',
  decision: 'skip',
  targets: ['e1.t0', 'e1.t1'],
  doomedTarget: null,
  items: [
    { name: 'e1.r0', cells: { Value: 'e1.r0.was', Count: 1, Stage: 'Raw', Targets: ['e1.t0'] }, files: [] },
    { name: 'e1.r1', cells: { Value: 'e1.r1.was', Count: 2, Stage: 'Raw' }, files: ['e1.r1.f0.txt'] },
  ],
  changes: [
    { kind: 'create', name: 'e1.c1', cells: { Value: 'e1.c1.new', Stage: 'Cut' } },
    { kind: 'update', name: 'e1.r0', cells: { Value: 'e1.r0.is', Count: 1_001 } },
    { kind: 'delete', name: 'e1.r1' },
  ],
  humans: [{ name: 'e1.r0', value: 'e1.h0', afterApprovalMs: null }],
  cancelAfterMs: null,
  revert: 'none',
};

const AFTER = { ...PLAN.items[0]?.cells, Value: 'e1.r0.is', Count: 1_001 };
export const item = (name: string, cells: FoundItem['cells'], id = `rec ${name}`): FoundItem => ({
  id,
  name,
  cells,
  files: (PLAN.items.find((one) => one.name === name)?.files ?? []).map((file) =>
    describeFile(file, fileOf(file)),
  ),
});
/** The base before the edit, and once it is done. */
export const BEFORE_ITEMS = PLAN.items.map(({ name, cells }) => item(name, cells));
export const AFTER_ITEMS = [item('e1.r0', AFTER), item('e1.c1', { Value: 'e1.c1.new', Stage: 'Cut' })];

let seq = 0;
/** A write as the log has it: the product's, just after the approval, by the request of that number. */
export function write(kind: LoggedWrite['kind'], name: string, more: Partial<LoggedWrite> = {}): LoggedWrite {
  const created = kind === 'create' ? { name } : { name: null };
  const recordId = `rec ${name}`;
  return {
    seq: ++seq,
    at: APPROVED_AT + 10,
    by: 'product',
    kind,
    recordId,
    cells: {},
    emptied: [],
    request: null,
    ...created,
    ...more,
  };
}

/** All that the edit writes when nothing goes wrong. */
export const WRITES = [
  write('create', 'e1.c1', { cells: { Value: 'e1.c1.new', Stage: 'Cut' } }),
  write('update', 'e1.r0', { cells: { Value: 'e1.r0.is', Count: 1_001 } }),
  write('delete', 'e1.r1'),
];

const base: Base = {
  id: 'app1',
  tableIds: { Items: 'tbl1', Targets: 'tbl2' },
  fieldNames: new Map(),
  markerFieldId: 'fld1',
  marked: false,
  addTargets: async () => undefined,
  addItems: async () => undefined,
  idOf: (name) => `rec ${name}`,
  nameOf: (id) => id.replace(/^rec /, ''),
  writeValue: async () => undefined,
  deleteTarget: async () => undefined,
  readItems: async () => [],
};

/** What the product tells: the edit's state, and that of each change (all alike, or by record). */
export function told(state: string, states: string | Readonly<Record<string, string>>, plan = PLAN): Told {
  const stateOf = (name: string) => (typeof states === 'string' ? states : (states[name] ?? 'landed'));
  const outcome: Record<string, number> = {};
  for (const { name } of plan.changes) outcome[stateOf(name)] = (outcome[stateOf(name)] ?? 0) + 1;
  return {
    edit: { id: 'edt1', state, hash: null, outcome, revertedBy: null, error: null },
    operation: { id: 'op1', status: 'done', error: null, finishedAt: new Date(ENDED_AT).toISOString() },
    changes: plan.changes.map(({ kind, name }, ordinal) => ({
      ordinal,
      kind,
      recordId: kind === 'create' ? null : `rec ${name}`,
      label: name,
      state: stateOf(name),
      reason: stateOf(name) === 'landed' ? null : 'because',
    })),
  };
}

export function storyOf(fromProduct: Told, more: Partial<Story> = {}): Story {
  return {
    plan: PLAN,
    base,
    editId: 'edt1',
    approvedAt: APPROVED_AT,
    operationId: 'op1',
    revert: null,
    over: true,
    ended: 'done',
    revertEnded: null,
    undone: false,
    told: fromProduct,
    toldOfRevert: null,
    failure: null,
    ...more,
  };
}

export function truthOf(
  items: readonly FoundItem[],
  log: readonly LoggedWrite[] = WRITES,
  requests: readonly ProxiedRequest[] = [],
): Truth {
  return gatherTruth(items, log, requests);
}

/** The proxy's first request, which set out at that time. */
export function requestAt(at: number): ProxiedRequest {
  return {
    index: 0,
    method: 'PATCH',
    path: '/',
    body: '',
    fault: 'late',
    at,
    delivered: true,
    deliveredAt: null,
    endedAt: null,
    abandoned: true,
  };
}
