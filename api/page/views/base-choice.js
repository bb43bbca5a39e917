import { h } from '../dom.js';

/**
 * Which base a request is about: the one last asked about, else the one of the name `wanted`, else the newest.
 * `value()` is its id, `choose(name)` takes one by name.
 */
export function baseChoice(ctx, { bases, connections, wanted }) {
  if (bases.length === 0) {
    const none = 'No base can be reached through this workspace’s connections.';
    return {
      value: () => undefined,
      choose: () => undefined,
      element: h('p', { class: 'notice warn' }, none),
    };
  }
  const nameOf = labels(connections);
  if (bases.length === 1) {
    const element = h('p', null, 'Base: ', h('strong', null, nameOf(bases[0])));
    return { value: () => bases[0].id, choose: () => undefined, element };
  }
  const first =
    bases.find((b) => b.id === ctx.workspaces.lastBase()) ??
    bases.find((b) => b.name === wanted) ??
    bases.at(-1);
  const options = bases.map((b) => h('option', { value: b.id, selected: b === first }, nameOf(b)));
  const select = h('select', { id: 'base' }, options);
  return {
    value: () => select.value,
    choose(name) {
      const base = bases.find((b) => b.name === name);
      if (base) select.value = base.id;
    },
    element: h('label', { class: 'labelled base' }, 'Base', select),
  };
}

/** Names bases; says over which connection where there are several, and what is read-only. */
function labels(connections) {
  return (base) => {
    const connection = connections.find((c) => c.id === base.connectionId);
    const over = connections.length > 1 && connection ? ` (${connection.name})` : '';
    return `${base.name}${over}${connection?.writable === false ? ', read-only' : ''}`;
  };
}
