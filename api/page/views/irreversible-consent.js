import { h } from '../dom.js';

const IRREVERSIBLE = ['createTable', 'createField'];

/** Asked where tables or fields are to be made, as long as such are chosen. `element` is null where nothing is asked. */
export function irreversibleConsent(edit, selection, onChange) {
  const keys = edit.groups.filter(({ kind }) => IRREVERSIBLE.includes(kind)).map(({ key }) => key);
  if (keys.length === 0) return { element: null, missing: () => false, body: () => ({}) };
  const box = h('input', { type: 'checkbox' });
  box.addEventListener('change', onChange);
  const element = h(
    'fieldset',
    null,
    h('legend', null, 'What stays after an undo'),
    h(
      'label',
      { class: 'check' },
      box,
      h(
        'span',
        null,
        'I know that no undo removes the new tables and fields: Airtable cannot delete them, so they are renamed and marked.',
      ),
    ),
  );
  return {
    element,
    missing: () => !box.checked && selection.chosen(keys) > 0,
    body: () => (box.checked ? { acceptIrreversible: true } : {}),
  };
}
