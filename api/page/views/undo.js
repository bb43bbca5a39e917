import { freshId, h } from '../dom.js';
import { count, counted } from '../format.js';
import { resultOf } from '../operations.js';
import { go } from '../router.js';
import { action, problemBox } from './action.js';
import { createDependents } from './dependents.js';

/** The way to undo an edit that has ended, alone or together with newer edits that wrote to the same. */
export function undo(ctx, { edit, signal }) {
  if (edit.revertedBy)
    return h(
      'p',
      null,
      'This edit has been undone: ',
      h('a', { href: `#/edits/${encodeURIComponent(edit.revertedBy)}` }, 'see the undo'),
      '.',
    );
  if (!['applied', 'needs_review'].includes(edit.state))
    return h('p', null, h('a', { href: '#/' }, 'Ask for another change'));
  const problem = problemBox();
  const status = h('span', { class: 'hint', role: 'status' });
  const hintId = freshId('undo-hint');
  const name = edit.kind === 'revert' ? 'Undo the undo' : 'Undo this edit';
  const dependents = createDependents(ctx, { edit, signal, onChange: show });
  const start = action(`${name}…`, send, { problem, describedBy: hintId });

  function show() {
    const n = dependents.chosen();
    start.setLabel(n === 0 ? `${name}…` : `${name} and ${counted(n, 'newer edit')}…`);
  }

  async function send() {
    status.textContent = 'Comparing with what the base holds now…';
    try {
      const path = `/v1/edits/${encodeURIComponent(edit.id)}/revert`;
      const answer = await ctx.api.send('POST', path, dependents.body(), { wait: 10, signal });
      const { editId } = await resultOf(answer, { ...ctx, signal });
      go(`/edits/${editId}`);
    } finally {
      status.textContent = '';
    }
  }

  void dependents.load().then((n) => n > 0 && ctx.announce(`${count(n)} newer edits wrote to the same.`));
  return h(
    'div',
    { class: 'stack' },
    dependents.element,
    h(
      'div',
      { class: 'row' },
      start.element,
      h(
        'span',
        { id: hintId, class: 'hint' },
        'Shows first what would be set back; nothing is written until you approve it.',
      ),
    ),
    status,
    problem.element,
  );
}
