import { fill, h } from '../dom.js';
import { counted, exactly } from '../format.js';

/** While an edit waits for late answers: until when, and what was found so far. Hidden while it does not; `refresh` looks again. */
export function settlingPanel(ctx, { edit, signal }) {
  const text = h('p', null);
  const found = h('p', { class: 'hint' });
  const root = h('section', { class: 'notice', role: 'status', 'aria-label': 'Late answers' }, text, found);

  function show(settling) {
    root.hidden = !settling || settling.over;
    if (root.hidden) return;
    const words = `Waiting for late answers until ${exactly(settling.until)}`;
    // Read out when it changes, and not with each look.
    if (text.textContent !== words) fill(text, words);
    fill(found, foundOf(settling));
  }

  async function refresh() {
    const path = `/v1/edits/${encodeURIComponent(edit.id)}`;
    await ctx.api.get(path, { signal }).then(
      (now) => show(now.settling),
      // What is shown is a moment old then: the operation itself tells of its end.
      () => undefined,
    );
  }
  show(edit.settling);
  return { element: root, refresh };
}

/** How an edit that has ended had waited, and what came of it; null where every write was answered or found. */
export function settlingResult(edit) {
  const { settling } = edit;
  if (!settling) return null;
  const window = counted(settling.windowSeconds, 'second');
  return h(
    'dl',
    { class: 'facts' },
    h(
      'div',
      null,
      h('dt', null, 'Late answers'),
      h(
        'dd',
        null,
        settling.over
          ? `Waited for ${window}, until ${exactly(settling.until)}. `
          : `Waiting was ended before ${exactly(settling.until)}. `,
        foundOf(settling),
      ),
    ),
  );
}

function foundOf({ sweeps, unanswered, lateLandings, needsReview }) {
  const parts = [
    `looked ${counted(sweeps, 'time')}`,
    unanswered > 0 && `${counted(unanswered, 'request')} without an answer not found`,
    lateLandings > 0 ? `${counted(lateLandings, 'change')} landed late` : 'nothing landed late',
    needsReview > 0 && `${counted(needsReview, 'record')} for a person to look at`,
  ];
  return `${parts.filter(Boolean).join('; ')}.`;
}
