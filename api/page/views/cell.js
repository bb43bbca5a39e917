import { fill, h } from '../dom.js';

/** Longer texts are cut, with a button that shows the rest. */
const SHOWN = 240;

/** A cell's text: set apart from its surroundings, so that its writing direction stays its own; long ones are cut. */
export function cellText(text, value) {
  if (isEmpty(value) || text === '') return h('em', { class: 'empty' }, 'empty');
  const chars = [...text];
  if (chars.length <= SHOWN + 40) return h('bdi', { class: 'cell' }, withEdges(text));
  const box = h('span', null);
  const whole = () => {
    const shown = h('bdi', { class: 'cell', tabindex: '-1' }, withEdges(text));
    fill(box, shown);
    shown.focus();
  };
  const more = h(
    'button',
    { type: 'button', class: 'button small', on: { click: whole } },
    `Show all ${chars.length} characters`,
  );
  return fill(box, h('bdi', { class: 'cell' }, `${chars.slice(0, SHOWN).join('')}…`), ' ', more);
}

/** Before and after: struck out and marked as new, with words for those who see neither. */
export function beforeAfter(cell, kind) {
  const before = () =>
    h('del', null, h('span', { class: 'hidden' }, 'before: '), cellText(cell.beforeText, cell.before));
  const after = () =>
    h('ins', null, h('span', { class: 'hidden' }, 'after: '), cellText(cell.afterText, cell.after));
  if (kind.startsWith('create')) return after();
  if (kind === 'delete') return before();
  return h(
    'span',
    { class: 'change' },
    before(),
    h('span', { class: 'arrow', 'aria-hidden': 'true' }, ' → '),
    after(),
  );
}

/** Spaces at either end make a difference that is not seen: they are marked. */
function withEdges(text) {
  const [, before, inner, after] = /^( *)(.*?)( *)$/su.exec(text);
  const marks = (run) => [...run].map(() => h('span', { class: 'invisible', title: 'space' }, 'space'));
  return [marks(before), inner, marks(after)];
}

function isEmpty(value) {
  return (
    value === null ||
    value === undefined ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}
