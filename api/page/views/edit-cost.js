import { h } from '../dom.js';
import { count, counted, duration } from '../format.js';

/** What an edit costs in calls and, where calls are rationed, in time; null where it makes none. */
export function editCost(edit) {
  const { apply, verify, undo } = edit.calls;
  if (apply === 0 && undo === 0) return null;
  const pace = edit.cost?.perSecond ?? null;
  const left = edit.cost?.callsLeft ?? null;
  const looks = verify > 0 ? `, ${count(verify)} of them only to look` : '';
  const rows = [
    ['To apply it', `${counted(apply, 'call')}${looks}${timeOf(apply, pace)}`],
    ['To undo it', `${counted(undo, 'call')}${timeOf(undo, pace)}`],
    pace !== null && ['Pace', `${counted(pace, 'call')} a second`],
    left !== null && ['Left of this month', counted(left, 'call')],
  ];
  return h(
    'section',
    { 'aria-labelledby': 'cost-title' },
    h('h2', { id: 'cost-title' }, 'What it costs'),
    h(
      'dl',
      { class: 'facts' },
      rows.filter(Boolean).map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
    ),
    h('p', { class: 'hint' }, 'Where nothing fails and nobody else changes these records.'),
  );
}

const timeOf = (calls, pace) => (pace === null ? '' : `, about ${duration(Math.ceil(calls / pace))}`);
