/** `#/edits/edt_1?x=y` → `{ name: 'edits', id: 'edt_1', query }`. Hash routes, so that a link works without any server's help. */
export function parseRoute(hash) {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name = '', id = ''] = path.split('/');
  return { name, id: decode(id), query: new URLSearchParams(query) };
}

/** Goes to a route, `'/edits/edt_1'`. */
export function go(route) {
  location.hash = `#${route}`;
}

/** Calls `show(route, signal)` now and on each change; `signal` aborts when the person has gone elsewhere. */
export function createRouter(show) {
  let control = new AbortController();
  const run = () => {
    control.abort();
    control = new AbortController();
    void show(parseRoute(location.hash), control.signal);
  };
  window.addEventListener('hashchange', () => {
    if (location.hash === '' || location.hash.startsWith('#/')) run();
  });
  return { run };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
