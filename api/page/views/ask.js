import { h } from '../dom.js';
import { operationIdOf } from '../operations.js';
import { go } from '../router.js';
import { action, problemBox } from './action.js';
import { baseChoice } from './base-choice.js';

/** Asking for a change in one's own words or in the command language, with examples to start from. */
export async function showAsk(ctx, { signal }) {
  const workspace = await ctx.workspaces.current(signal);
  if (!workspace)
    return h(
      'div',
      null,
      h('h1', null, 'No workspace yet'),
      h('p', null, 'Ask somebody to add you to theirs, or make one over the API.'),
    );
  const [bases, connections, planner] = await Promise.all([
    ctx.workspaces.bases(workspace.id, signal),
    ctx.workspaces.connections(workspace.id, signal),
    ctx.api.get('/v1/planner', { signal }),
  ]);
  const list = planner.examples ?? [];
  const base = baseChoice(ctx, { bases, connections, wanted: list[0]?.baseName });
  const text = h('textarea', {
    id: 'ask',
    rows: '4',
    required: true,
    maxlength: '16000',
    spellcheck: 'false',
    'aria-describedby': 'planner',
  });
  const problem = problemBox();
  const status = h('p', { class: 'hint', role: 'status' });
  const keys = {};

  const plan = action(
    'Plan the change',
    async () => {
      if (base.value()) ctx.workspaces.chooseBase(base.value());
      const request = { text: text.value.trim(), ...(base.value() ? { baseId: base.value() } : {}) };
      if (!request.text) return text.focus();
      status.textContent = 'Reading the base and planning. Nothing is written…';
      try {
        await send(request);
      } finally {
        status.textContent = '';
      }
    },
    { problem, kind: 'primary', type: 'submit' },
  );

  /** The same request keeps its keys, so that pressing again after an error cannot plan it twice. */
  async function send(request) {
    const known = (keys[JSON.stringify(request)] ??= {
      chat: crypto.randomUUID(),
      turn: crypto.randomUUID(),
    });
    const where = request.baseId ? { baseId: request.baseId } : {};
    const path = `/v1/workspaces/${encodeURIComponent(workspace.id)}/chats`;
    const { body: chat } = await ctx.api.send('POST', path, where, { key: known.chat, signal });
    const answer = await ctx.api.send('POST', `/v1/chats/${encodeURIComponent(chat.id)}/messages`, request, {
      key: known.turn,
      wait: 10,
      signal,
    });
    if (answer.status === 202) go(`/chats/${chat.id}?operation=${encodeURIComponent(operationIdOf(answer))}`);
    else if (answer.body.editId) go(`/edits/${answer.body.editId}`);
    else go(`/chats/${chat.id}`);
  }

  const submit = (event) => {
    event.preventDefault();
    void plan.press();
  };
  const shortcut = (event) => (event.metaKey || event.ctrlKey) && event.key === 'Enter' && submit(event);
  text.addEventListener('keydown', shortcut);
  return h(
    'div',
    null,
    h('h1', null, 'What should change?'),
    h(
      'p',
      { class: 'lead' },
      'You see the exact difference first. Nothing is written until you approve it, and it can be undone afterwards.',
    ),
    h(
      'form',
      { on: { submit } },
      base.element,
      h('label', { class: 'labelled', for: 'ask' }, 'The change'),
      text,
      h(
        'p',
        { id: 'planner', class: 'hint' },
        'Planner: ',
        h('strong', null, planner.name),
        '. ',
        planner.description ?? planner.text,
      ),
      problem.element,
      h('div', { class: 'row' }, plan.element, h('span', { class: 'hint' }, 'or Ctrl + Enter')),
      status,
    ),
    examples(list, { text, base }),
  );
}

/** Each fills in the text, and takes the base it is about where it names one. */
function examples(list, { text, base }) {
  if (list.length === 0) return null;
  const use = (example) => () => {
    text.value = example.text;
    base.choose(example.baseName);
    text.focus();
  };
  const item = (example) =>
    h(
      'li',
      null,
      h(
        'button',
        { type: 'button', class: 'example', on: { click: use(example) } },
        h('span', null, example.label),
        h('code', null, example.text),
      ),
    );
  return h(
    'section',
    { 'aria-labelledby': 'examples-title' },
    h('h2', { id: 'examples-title' }, 'Examples for the sample base'),
    h('ul', { class: 'examples' }, list.map(item)),
  );
}
