import { fill, h } from '../dom.js';
import { isAbort, Problem } from '../http.js';

/** What went wrong, as sentences for people; says what became of the request where that is not clear. */
export function explain(error) {
  if (!(error instanceof Problem)) return [error.message];
  const more = error.errors.map((e) =>
    typeof e === 'string' ? e : [e.path ?? e.pointer, e.message ?? e.detail].filter(Boolean).join(': '),
  );
  return [error.message, ...more.filter((line) => line && !error.message.includes(line))];
}

/** A box for an error, read out when it is filled. */
export function problemBox() {
  const box = h('div', { class: 'problem', role: 'alert', hidden: true });
  return {
    element: box,
    clear: () => (box.hidden = true),
    show(error) {
      box.hidden = false;
      fill(
        box,
        explain(error).map((line) => h('p', null, line)),
      );
    },
  };
}

/**
 * A button that does something over the API: busy meanwhile, and not pressed twice. Errors go to `problem`.
 * It stays focusable while busy or switched off, so that the keyboard does not lose its place and a reason can be read.
 */
export function action(label, run, { problem, kind = 'plain', describedBy, type = 'button' }) {
  const state = { busy: false, off: false };
  const show = () => {
    button.setAttribute('aria-disabled', String(state.busy || state.off));
    button.setAttribute('aria-busy', String(state.busy));
  };
  const press = async () => {
    if (state.busy || state.off) return;
    state.busy = true;
    show();
    problem.clear();
    try {
      await run();
    } catch (error) {
      if (!isAbort(error)) problem.show(error);
    } finally {
      state.busy = false;
      show();
    }
  };
  const button = h(
    'button',
    {
      type,
      class: `button ${kind}`,
      'aria-describedby': describedBy,
      on: type === 'button' ? { click: press } : {},
    },
    label,
  );
  return {
    element: button,
    press,
    setOff(off) {
      state.off = off;
      show();
    },
    setLabel: (text) => fill(button, text),
  };
}
