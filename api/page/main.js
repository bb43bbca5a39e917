import { createApi } from './api.js';
import { createConnection } from './connection.js';
import { fill, focusOn, h } from './dom.js';
import { exchange, isAbort } from './http.js';
import { persist } from './retry.js';
import { createRouter, go } from './router.js';
import { createSession } from './session.js';
import { explain } from './views/action.js';
import { showAsk } from './views/ask.js';
import { showChat } from './views/chat.js';
import { showConnections } from './views/connections.js';
import { showEdit } from './views/edit.js';
import { showHistory } from './views/history.js';
import { showOperation } from './views/operation.js';
import { showRules } from './views/rules.js';
import { showHeader, watchConnection } from './views/shell.js';
import { showSignIn } from './views/sign-in.js';
import { createWorkspaces } from './workspaces.js';

const VIEWS = {
  '': showAsk,
  chats: showChat,
  edits: showEdit,
  operations: showOperation,
  history: showHistory,
  connections: showConnections,
  rules: showRules,
};

/** Views that show another workspace in place. */
const OF_A_WORKSPACE = ['', 'rules', 'connections', 'history'];

const header = document.getElementById('header');
const main = document.getElementById('main');
const announcer = document.getElementById('announcer');

const connection = createConnection();
const session = createSession({ connection, storage: sessionStorage });
const api = createApi({ session, connection });
const ctx = {
  connection,
  session,
  api,
  workspaces: createWorkspaces({ api, storage: sessionStorage }),
  announce: (text) => (announcer.textContent = text),
  /** Registers an account; sent again after a lost connection under the same key. */
  register(account) {
    const headers = { 'Idempotency-Key': crypto.randomUUID(), Prefer: 'wait=10' };
    return persist(() => exchange('/v1/users', { method: 'POST', headers, body: account }), { connection });
  },
};

let visited = false;

/** Shows a route; signed out it is the sign-in form, and the route is still in the address for afterwards. */
async function show(route, signal) {
  const view = VIEWS[route.name];
  main.setAttribute('aria-busy', 'true');
  showHeader(ctx, {
    route,
    header,
    signal,
    onWorkspace: () => (OF_A_WORKSPACE.includes(route.name) ? router.run() : go('/')),
  }).catch(() => undefined);
  if (visited) fill(main, h('p', { class: 'hint' }, 'Loading…'));
  let element;
  try {
    if (!session.signedIn()) element = showSignIn(ctx);
    else if (view) element = await view(ctx, { ...route, signal });
    else element = notice('There is no such page', ['The address leads nowhere.']);
  } catch (error) {
    if (signal.aborted || isAbort(error)) return;
    element = notice(
      'That could not be shown',
      explain(error),
      h('button', { type: 'button', class: 'button plain', on: { click: () => router.run() } }, 'Try again'),
    );
  }
  if (signal.aborted) return;
  fill(main, element);
  main.setAttribute('aria-busy', 'false');
  const title = main.querySelector('h1');
  document.title = title ? `${title.textContent} · Sagatable` : 'Sagatable';
  if (visited) focusOn(title);
  window.scrollTo(0, 0);
  visited = true;
}

function notice(title, lines, more) {
  return h(
    'div',
    null,
    h('h1', null, title),
    lines.map((line) => h('p', null, line)),
    h('div', { class: 'row' }, more, h('a', { href: '#/' }, 'To the start')),
  );
}

const router = createRouter(show);
watchConnection(connection, document.getElementById('connection'));
session.onChange(() => {
  ctx.workspaces.reset();
  ctx.announce(session.signedIn() ? 'Signed in.' : 'Signed out.');
  router.run();
});
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
router.run();
