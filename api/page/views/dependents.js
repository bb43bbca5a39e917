import { fill, h } from '../dom.js';
import { count, counted, when } from '../format.js';
import { EDIT_STATES } from '../states.js';

const ENDED = ['applied', 'needs_review'];

/**
 * Newer edits that wrote to what an edit wrote, with the cells, to be undone together with it or not. Hidden until `load`
 * found some. `body` is what the undo is asked with, `chosen` how many are to go with it.
 */
export function createDependents(ctx, { edit, signal, onChange }) {
  const list = h('ul', { class: 'dependents' });
  const root = h(
    'fieldset',
    { hidden: true },
    h('legend', null, h('strong', null, 'Newer edits that depend on this one')),
    h(
      'p',
      { class: 'hint' },
      'They wrote to the same cells or records. What they wrote stays, unless they are undone together with this one: the newest first. With all of them goes also what depends on them in turn.',
    ),
    list,
  );
  let choices = [];
  const chosen = () => choices.filter(({ box }) => box?.checked);

  async function load() {
    const path = `/v1/edits/${encodeURIComponent(edit.id)}/dependents`;
    // Without the list the undo works as before, and its preview names them too.
    const body = await ctx.api.get(path, { signal }).catch(() => ({ dependents: [] }));
    const { dependents } = body;
    choices = dependents.map((dependent) => ({ dependent, box: boxFor(dependent) }));
    fill(list, choices.map(dependentItem));
    root.hidden = choices.length === 0;
    return choices.length;
  }

  /** One that runs cannot be undone yet. */
  function boxFor({ state }) {
    return ENDED.includes(state) ? h('input', { type: 'checkbox', on: { change: () => onChange() } }) : null;
  }

  return {
    element: root,
    load,
    chosen: () => chosen().length,
    body() {
      const ids = chosen().map(({ dependent }) => dependent.editId);
      if (ids.length === 0) return {};
      return ids.length === choices.length ? { withDependents: true } : { including: ids };
    },
  };
}

function dependentItem({ dependent, box }) {
  const [state, tone] = EDIT_STATES[dependent.state] ?? [dependent.state, 'calm'];
  const title = [h('strong', null, dependent.headline), ' ', h('span', { class: `badge ${tone}` }, state)];
  const { cells, records, examples, editId, decidedAt } = dependent;
  const what =
    cells > 0
      ? `${counted(cells, 'cell')} of ${counted(records, 'record')}`
      : `${counted(records, 'record')} created, changed or deleted`;
  return h(
    'li',
    null,
    box
      ? h(
          'label',
          { class: 'check' },
          box,
          h('span', null, h('span', { class: 'hidden' }, 'Undo too: '), title),
        )
      : h('p', null, title, ' has not ended: it can be undone after that.'),
    h(
      'p',
      { class: 'hint' },
      [what, decidedAt && `approved ${when(decidedAt)}`].filter(Boolean).join(' · '),
      ' · ',
      h(
        'a',
        { href: `#/edits/${encodeURIComponent(editId)}`, 'aria-label': `see it: “${dependent.headline}”` },
        'see it',
      ),
    ),
    h(
      'details',
      null,
      h('summary', null, 'Which cells'),
      h(
        'ul',
        { class: 'cells' },
        examples.map(({ recordId, label, fields }) =>
          h(
            'li',
            null,
            label || h('code', { class: 'id' }, recordId),
            fields.length > 0 ? `: ${fields.join(', ')}` : ': the whole record',
          ),
        ),
        records > examples.length && h('li', null, `and ${count(records - examples.length)} more`),
      ),
    ),
  );
}
