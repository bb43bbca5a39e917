import type { ChangeRow, DiffGroup, EditView } from '../../contracts/edits';
import type { OperationView } from '../../contracts/operations';

const pad = (prefix: string, n: number, length: number) => prefix + String(n).padStart(length, '0');
const id22 = (prefix: string, n: number) => pad(prefix, n, 22);
const id14 = (prefix: string, n: number) => pad(prefix, n, 14);
const NOW = '2026-03-04T05:06:07.000Z';

export const IDS = {
  workspace: id22('ws_', 1),
  connection: id22('con_', 1),
  chat: id22('cht_', 1),
  base: id14('app', 1),
  edit: (n: number) => id22('edt_', n),
  operation: (n: number) => id22('op_', n),
  message: (n: number) => id22('msg_', n),
};

/** Texts as hostile and as odd as cells can be: markup, a bidi override, a zero-width space, edges of spaces, great length. */
export const ODD_LABELS = [
  '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>',
  'annual\u202etxt.exe',
  'zero\u200bwidth',
  '1776',
  'سينما باراديسو',
  `A very long title ${'and on '.repeat(60)}`,
  'Family \u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  'UnbreakableTitle'.repeat(8),
];

const FIELDS = {
  rating: { fieldId: id14('fld', 1), fieldName: 'MPAA Rating' },
  title: { fieldId: id14('fld', 2), fieldName: 'Title' },
};
const FILMS = { tableId: id14('tbl', 1), tableName: 'Films' };
const DIRECTORS = { tableId: id14('tbl', 2), tableName: 'Directors' };

/** 605 films to "Not Rated", three titles trimmed, one director new, two deleted, one option new. */
export function sampleChanges(): { groups: DiffGroup[]; changes: (ChangeRow & { group: string })[] } {
  const changes: (ChangeRow & { group: string })[] = [];
  const add = (
    group: string,
    row: Omit<ChangeRow, 'ordinal' | 'recordId' | 'state' | 'reason' | 'evidence'>,
  ) => {
    const ordinal = changes.length;
    const recordId = row.kind === 'create' || row.kind === 'createOption' ? null : id14('rec', ordinal);
    changes.push({ ...row, ordinal, recordId, state: 'pending', reason: null, evidence: null, group });
  };
  add('option', {
    ...FILMS,
    kind: 'createOption',
    label: null,
    cells: [
      { ...FIELDS.rating, before: null, after: 'Not Rated', beforeText: 'empty', afterText: 'Not Rated' },
    ],
  });
  for (let n = 0; n < 605; n++) {
    const label = ODD_LABELS[n] ?? `Film ${n}`;
    add('rating', {
      ...FILMS,
      kind: 'update',
      label,
      cells: [
        { ...FIELDS.rating, before: null, after: 'Not Rated', beforeText: 'empty', afterText: 'Not Rated' },
      ],
    });
  }
  for (const title of ['Alien ', ' Brazil', 'The\u00a0Birds'])
    add('titles', {
      ...FILMS,
      kind: 'update',
      label: title,
      cells: [
        {
          ...FIELDS.title,
          before: title,
          after: title.trim(),
          beforeText: title,
          afterText: title.replace('\u00a0', ' ').trim(),
        },
      ],
    });
  add('new', {
    ...DIRECTORS,
    kind: 'create',
    label: 'Agnès Varda',
    cells: [
      {
        fieldId: id14('fld', 3),
        fieldName: 'Name',
        before: null,
        after: 'Agnès Varda',
        beforeText: 'empty',
        afterText: 'Agnès Varda',
      },
    ],
  });
  for (const label of ['Nobody', 'Alan Smithee'])
    add('gone', {
      ...DIRECTORS,
      kind: 'delete',
      label,
      cells: [
        {
          fieldId: id14('fld', 3),
          fieldName: 'Name',
          before: label,
          after: null,
          beforeText: label,
          afterText: 'empty',
        },
      ],
    });
  const group = (
    key: string,
    table: typeof FILMS,
    kind: DiffGroup['kind'],
    field: typeof FIELDS.rating | null,
    headline: string,
  ): DiffGroup => ({
    key,
    kind,
    ...table,
    fieldId: field?.fieldId ?? null,
    fieldName: field?.fieldName ?? null,
    headline,
    count: changes.filter((c) => c.group === key).length,
    before: null,
    after: null,
  });
  const groups = [
    group('option', FILMS, 'createOption', FIELDS.rating, 'New option “Not Rated” in MPAA Rating'),
    group('rating', FILMS, 'update', FIELDS.rating, '605 cells: empty → Not Rated'),
    group('titles', FILMS, 'update', FIELDS.title, '3 cells: Title (such as Alien  → Alien)'),
    group('new', DIRECTORS, 'create', null, '1 new record in Directors'),
    group('gone', DIRECTORS, 'delete', null, '2 records of Directors deleted'),
  ];
  return { groups, changes };
}

export function sampleEdit(n: number, groups: DiffGroup[], over: Partial<EditView> = {}): EditView {
  const total = groups.reduce((sum, g) => sum + g.count, 0);
  return {
    id: IDS.edit(n),
    kind: 'edit',
    workspaceId: IDS.workspace,
    connectionId: IDS.connection,
    baseId: IDS.base,
    baseName: 'Movies',
    state: 'proposed',
    hash: 'ab'.repeat(32),
    headline: '1 record created, 608 records changed, 2 records deleted in Films, Directors',
    note: 'I set the missing ratings and tidied a few names. Trust me, it is only 3 changes.',
    proposedBy: 'usr',
    planner: 'commands',
    counts: { changes: total, records: total - 1, cells: 609, creates: 1, updates: 608, deletes: 2 },
    outcome: null,
    warnings: [
      '2 records will be deleted. An undo creates them again with new record ids and creation times; comments and revision history do not return.',
    ],
    groups,
    writable: true,
    revertOf: null,
    revertedBy: null,
    operationId: null,
    calls: { apply: 126, undo: 126 },
    expiresAt: '2026-03-11T05:06:07.000Z',
    createdAt: NOW,
    error: null,
    ...over,
  };
}

export function sampleOperation(n: number, over: Partial<OperationView>): OperationView {
  return {
    id: IDS.operation(n),
    operation: 'applyEdit',
    title: 'Apply an edit',
    summary: '608 records changed in Films',
    workspaceId: IDS.workspace,
    actor: 'Sample user',
    status: 'running',
    progress: null,
    error: null,
    editId: null,
    workflowId: `applyEdit/${IDS.workspace}/${n}`,
    temporalUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/x',
    createdAt: NOW,
    updatedAt: NOW,
    finishedAt: null,
    steps: [{ step: 'lease', state: 'done', at: NOW }],
    ...over,
  };
}
