import { h } from '../dom.js';

/** The head of a record in a list: its name, its id where it has one, and a badge where `badge` says something. */
export function recordHead(name, recordId, badge) {
  return h(
    'div',
    { class: 'record-name' },
    h('span', { class: 'name' }, name, ' ', recordId && h('code', { class: 'id' }, recordId)),
    badge && h('span', { class: 'badge bad' }, badge),
  );
}
