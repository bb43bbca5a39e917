import { fill, h } from '../dom.js';

const PAGES = [
  ['', 'Ask'],
  ['history', 'History'],
  ['connections', 'Connections'],
  ['rules', 'Rules'],
];

/** The bar on top: the pages, the workspace, and who is signed in. */
export async function showHeader(ctx, { route, header, signal, onWorkspace }) {
  const brand = h('a', { class: 'brand', href: '#/' }, 'Sagatable');
  if (!ctx.session.signedIn()) return void fill(header, brand);
  const link = ([name, title]) =>
    h('a', { href: `#/${name}`, 'aria-current': route.name === name ? 'page' : null }, title);
  const nav = h('nav', { 'aria-label': 'Pages' }, PAGES.map(link));
  const slot = h('div', { class: 'workspace' });
  const out = h(
    'button',
    {
      type: 'button',
      class: 'button small',
      title: `Signed in as ${ctx.session.email()}`,
      on: { click: () => void ctx.session.signOut() },
    },
    'Sign out',
  );
  fill(header, brand, nav, slot, out);
  const all = await ctx.workspaces.load(signal);
  const current = await ctx.workspaces.current(signal);
  if (all.length < 2 || !current) return;
  const change = (event) => {
    ctx.workspaces.choose(event.target.value);
    onWorkspace();
  };
  const options = all.map((w) => h('option', { value: w.id, selected: w.id === current.id }, w.name));
  fill(
    slot,
    h('label', null, h('span', { class: 'hidden' }, 'Workspace'), h('select', { on: { change } }, options)),
  );
}

/** Says when the server cannot be reached, and when it is back. */
export function watchConnection(connection, box) {
  connection.onChange((lost) => {
    box.classList.toggle('lost', lost);
    box.textContent = lost ? 'Connection lost, retrying…' : 'Connected again.';
    if (!lost) setTimeout(() => box.classList.contains('lost') || (box.textContent = ''), 4_000);
  });
}
