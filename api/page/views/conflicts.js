import { fill, focusOn, h } from '../dom.js';
import { counted, exactly } from '../format.js';
import { action, problemBox } from './action.js';
import { cellText } from './cell.js';
import { recordHead } from './record-head.js';

const PAGE_SIZE = 25;

/**
 * Conflicts of an edit that wait for a decision, three values a cell. Hidden while there are none; `refresh` looks again and
 * may be called as often as the operation moves.
 */
export function conflictPanel(ctx, { edit, signal }) {
  const path = `/v1/edits/${encodeURIComponent(edit.id)}/conflicts`;
  const problem = problemBox();
  const heading = h('h2', { id: 'conflicts-title' }, 'Conflicts to decide on');
  const list = h('ul', { class: 'records' });
  const foot = h('p', { class: 'more', role: 'status' });
  const all = h('div', { class: 'row' });
  const root = h(
    'section',
    { class: 'panel', 'aria-labelledby': 'conflicts-title', hidden: true },
    heading,
    h(
      'p',
      null,
      'Somebody changed these after the preview. The rest has been written; the edit ends when each is decided. What is changed once more before it is written is asked about again.',
    ),
    problem.element,
    all,
    list,
    foot,
  );

  async function refresh() {
    try {
      const page = await ctx.api.get(`${path}?limit=${PAGE_SIZE}`, { signal });
      root.hidden = page.open === 0;
      foot.textContent =
        page.open > page.conflicts.length
          ? `${page.conflicts.length} of ${counted(page.open, 'conflict')} shown; the others follow as these are decided.`
          : '';
      fill(
        all,
        page.conflicts.length > 1 && decisions(page.conflicts, `all ${page.conflicts.length} shown`, ' all'),
      );
      fill(list, page.conflicts.map(conflictItem));
    } catch (error) {
      if (!signal.aborted) problem.show(error);
    }
  }

  function decisions(conflicts, name, suffix = '') {
    const send = (decision) => async () => {
      const body = {
        ordinals: conflicts.map((c) => c.ordinal),
        decision,
        now: Object.fromEntries(conflicts.map((c) => [c.ordinal, c.now])),
      };
      try {
        await ctx.api.send('POST', path, body, { signal });
      } catch (error) {
        // What was shown is old: show what is there, and why nothing was decided.
        if (error.status === 409) await refresh();
        throw error;
      }
      ctx.announce(`Decided: ${name}`);
      await refresh();
      focusOn(heading);
    };
    const overwrite = action(`Overwrite${suffix}`, send('overwrite'), { problem });
    const skip = action(`Leave${suffix} as ${suffix ? 'they are' : 'it is'}`, send('skip'), { problem });
    overwrite.element.setAttribute('aria-label', `Overwrite: ${name}`);
    skip.element.setAttribute('aria-label', `Leave as it is: ${name}`);
    return [overwrite.element, skip.element];
  }

  function conflictItem(conflict) {
    const name = conflict.label || conflict.recordId || 'Record without a name';
    return h(
      'li',
      { class: 'record' },
      recordHead(name, conflict.recordId, conflict.kind === 'delete' && 'to be deleted'),
      h('dl', { class: 'fields' }, conflict.cells.filter((cell) => cell.changed).map(threeValues)),
      h('p', { class: 'reason' }, `Left as it is unless somebody decides by ${exactly(conflict.expiresAt)}.`),
      h('div', { class: 'row' }, decisions([conflict], name)),
    );
  }

  if (edit.waiting?.conflicts > 0) void refresh();
  return { element: root, refresh, isShown: () => !root.hidden };
}

function threeValues(cell) {
  const value = (label, text, of) =>
    h('span', { class: 'value' }, h('span', { class: 'meaning' }, `${label}: `), cellText(text, of), ' ');
  return h(
    'div',
    { class: 'field' },
    h('dt', null, cell.fieldName),
    h(
      'dd',
      null,
      value('before', cell.beforeText, cell.before),
      value('approved', cell.oursText, cell.ours),
      value('now', cell.nowText, cell.now),
    ),
  );
}
