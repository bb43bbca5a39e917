import { fill, focusOn, h } from '../dom.js';
import { sleep } from '../http.js';
import { createSelection } from '../selection.js';
import { problemBox } from './action.js';
import { approval } from './approval.js';
import { conflictPanel } from './conflicts.js';
import { diff } from './diff.js';
import { editSummary } from './edit-summary.js';
import { operationPanel } from './operation-panel.js';
import { outcome } from './outcome.js';
import { reviewPanel } from './review.js';
import { settlingPanel } from './settling.js';

/** What an operation says while its edit waits for late answers. */
const WAITING_LATE = /late writes/;

const BUSY = new Set(['planning', 'approved', 'applying']);

/** One edit from its preview to its outcome; which part is shown follows from its state, so that a reload loses nothing. */
export async function showEdit(ctx, { id, signal }) {
  const root = h('div', { class: 'edit' });
  const path = `/v1/edits/${encodeURIComponent(id)}`;

  /** `error`: why what was tried did not happen, shown above what is there now. */
  async function reload({ focus, error }) {
    const edit = await ctx.api.get(path, { signal });
    const operation = edit.operationId ? await readOperation(edit.operationId) : null;
    const problem = problemBox();
    fill(root, problem.element, editSummary(edit), part(edit, operation));
    if (error) problem.show(error);
    if (focus) focusOn(root.querySelector('.panel h2') ?? root.querySelector('h1'));
  }

  /** The edit is what counts; without its operation only a link is missing. */
  const readOperation = (operationId) =>
    ctx.api.get(`/v1/operations/${encodeURIComponent(operationId)}`, { signal }).catch((error) => {
      if (signal.aborted) throw error;
      return null;
    });

  function part(edit, operation) {
    if (edit.state === 'proposed') {
      const selection = createSelection(edit);
      const onDecided = (error) => reload({ focus: true, error });
      const open = edit.approval?.terms ? {} : { selection };
      return [diff(ctx, { edit, ...open, signal }), approval(ctx, { edit, selection, signal, onDecided })];
    }
    if (BUSY.has(edit.state)) return [busy(edit), edit.groups.length > 0 && diff(ctx, { edit, signal })];
    const onDecided = () => reload({ focus: true });
    const review = edit.waiting?.review > 0 && reviewPanel(ctx, { edit, signal, onDecided });
    return [
      outcome(ctx, { edit, operation, signal }),
      review,
      edit.groups.length > 0 && diff(ctx, { edit, signal }),
    ];
  }

  function busy(edit) {
    const title = edit.state === 'planning' ? 'Planning' : edit.kind === 'revert' ? 'Undoing' : 'Applying';
    if (!edit.operationId) return waiting(title);
    if (edit.state === 'planning')
      return operationPanel(ctx, { id: edit.operationId, title, signal, onFinal: () => settle(1) });
    const conflicts = conflictPanel(ctx, { edit, signal });
    const settling = settlingPanel(ctx, { edit, signal });
    // Asked again only when the operation stops or goes on: not with every step of its progress.
    let status = '';
    let message = '';
    const onChange = (next) => {
      const told = next.progress?.message ?? '';
      if (told !== message && WAITING_LATE.test(`${message} ${told}`)) void settling.refresh();
      message = told;
      if (next.status !== status && (next.status === 'paused' || conflicts.isShown()))
        void conflicts.refresh();
      status = next.status;
    };
    const id = edit.operationId;
    return [
      operationPanel(ctx, { id, title, signal, onChange, onFinal: () => settle(1) }),
      settling.element,
      conflicts.element,
    ];
  }

  /** An edit may be a moment behind its operation, and an operation's start behind the approval. */
  async function settle(attempt) {
    if (attempt > 1) await sleep(Math.min(500 * attempt, 3_000), signal);
    const edit = await ctx.api.get(path, { signal });
    if (BUSY.has(edit.state) && attempt < 20) return settle(attempt + 1);
    await reload({ focus: true });
    ctx.announce(root.querySelector('#outcome-title')?.textContent ?? '');
  }

  function waiting(title) {
    void (async () => {
      for (
        let edit = null;
        !signal.aborted && (edit === null || (BUSY.has(edit.state) && !edit.operationId));
      ) {
        await sleep(1_000, signal);
        edit = await ctx.api.get(path, { signal });
      }
      await reload({ focus: false });
    })().catch(() => undefined);
    return h(
      'section',
      { class: 'panel', 'aria-label': title },
      h('h2', null, title),
      h('p', null, 'It will start in a moment.'),
    );
  }

  await reload({ focus: false });
  return root;
}
