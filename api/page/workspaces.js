import { getAll } from './api.js';

const KEY = 'sagatable.workspace';
const BASE_KEY = 'sagatable.base';

/** The workspaces of whoever is signed in, and the one they are working in (remembered for the tab). */
export function createWorkspaces({ api, storage }) {
  let list = null;
  const load = async (signal) => (list ??= await getAll(api, '/v1/workspaces', 'workspaces', { signal }));
  const path = (id, rest) => `/v1/workspaces/${encodeURIComponent(id)}/${rest}`;

  return {
    load,
    /** The chosen workspace, else the first; undefined when there is none. */
    async current(signal) {
      const all = await load(signal);
      return all.find((w) => w.id === storage.getItem(KEY)) ?? all[0];
    },
    choose: (id) => storage.setItem(KEY, id),
    /** The base last asked about in this tab, null at first. */
    lastBase: () => storage.getItem(BASE_KEY),
    chooseBase: (id) => storage.setItem(BASE_KEY, id),
    reset() {
      list = null;
      storage.removeItem(KEY);
      storage.removeItem(BASE_KEY);
    },
    bases: (id, signal) => getAll(api, path(id, 'bases'), 'bases', { signal }),
    connections: (id, signal) => getAll(api, path(id, 'connections'), 'connections', { signal }),
    /** Switches writing through a connection on or off. */
    setWritable: (id, connectionId, writable) =>
      api.send('PATCH', path(id, `connections/${encodeURIComponent(connectionId)}`), { writable }),
  };
}
