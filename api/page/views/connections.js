import { fill, h } from '../dom.js';
import { action, problemBox } from './action.js';

const HEALTH = {
  ok: ['Reached', 'good'],
  unauthorized: ['Token refused', 'bad'],
  narrowed: ['Token lacks scopes', 'bad'],
  unreachable: ['Not reached', 'bad'],
  unknown: ['Not tested', 'calm'],
};

/** The ways to bases that the workspace has, and whether anything may be written through each. */
export async function showConnections(ctx, { signal }) {
  const workspace = await ctx.workspaces.current(signal);
  if (!workspace) return h('h1', null, 'No workspace yet');
  const list = h('ul', { class: 'history' });
  const connections = await ctx.workspaces.connections(workspace.id, signal);
  list.append(...connections.map((connection) => connectionItem(ctx, workspace, connection)));
  return h(
    'div',
    null,
    h('h1', null, 'Connections'),
    h(
      'p',
      { class: 'lead' },
      'A read-only connection can be looked at and planned for; nothing is written through it until you switch that on.',
    ),
    list,
  );
}

function connectionItem(ctx, workspace, first) {
  const problem = problemBox();
  const state = h('p', null);
  let connection = first;
  const toggle = action(
    '',
    async () => {
      const { body } = await ctx.workspaces.setWritable(workspace.id, connection.id, !connection.writable);
      connection = { ...connection, writable: body?.writable ?? !connection.writable };
      show();
      ctx.announce(
        connection.writable
          ? `Writing through ${connection.name} is allowed.`
          : `${connection.name} is read-only.`,
      );
    },
    { problem },
  );
  const show = () => {
    fill(
      state,
      connection.writable
        ? 'Approved edits are written through it.'
        : 'Read-only: nothing is written through it.',
    );
    toggle.setLabel(
      connection.writable ? `Make ${connection.name} read-only` : `Allow writing through ${connection.name}`,
    );
  };
  show();
  const [health, tone] = HEALTH[connection.health] ?? HEALTH.unknown;
  return h(
    'li',
    null,
    h('h2', null, connection.name),
    h('span', { class: `badge ${tone}` }, health),
    h(
      'span',
      { class: 'hint' },
      `${connection.kind === 'engine' ? 'Built-in engine' : 'Airtable'} · ${connection.url}`,
    ),
    state,
    problem.element,
    h('div', null, toggle.element),
  );
}
