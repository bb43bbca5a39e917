import { h } from '../dom.js';
import { count } from '../format.js';
import { EVIDENCE } from '../states.js';

/** How new records will be told, table by table, should an answer be lost; null where none are made. */
export function evidencePlan(edit) {
  if (!edit.evidencePlan?.length) return null;
  return h(
    'section',
    { 'aria-labelledby': 'evidence-title' },
    h('h2', { id: 'evidence-title' }, 'If an answer is lost'),
    h('p', { class: 'hint' }, 'How a new record, or one that an undo brings back, is told from others.'),
    h(
      'dl',
      { class: 'facts' },
      edit.evidencePlan.map((table) =>
        h('div', null, h('dt', null, table.tableName), h('dd', null, wayOf(table))),
      ),
    ),
  );
}

function wayOf({ markerFieldId, witness }) {
  if (markerFieldId !== null) return 'By its marker field: made once for certain.';
  return witness
    ? 'By what the base tells of changes. What stays unclear is left for a person.'
    : 'By its time and equal cells only: this table has no marker field and the base is not watched. What stays unclear is left for a person.';
}

/** By what it is known what became of the changes; null where nothing was written. */
export function evidenceCounts(edit) {
  const found = Object.entries(edit.evidence ?? {}).filter(([, n]) => n > 0);
  if (found.length === 0) return null;
  return h(
    'dl',
    { class: 'facts' },
    h(
      'div',
      null,
      h('dt', null, 'Known by'),
      h('dd', null, found.map(([kind, n]) => `${EVIDENCE[kind] ?? kind}: ${count(n)}`).join(' · ')),
    ),
  );
}
