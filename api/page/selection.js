import { getAll } from './api.js';

/** The address of an edit's changes, of one group or in one state, `limit` a page (500 at most). */
export function changesPath(editId, filter, limit) {
  return `/v1/edits/${encodeURIComponent(editId)}/changes?${new URLSearchParams({ ...filter, limit: String(limit) })}`;
}

/**
 * Which changes of an edit are chosen; all at first. Groups share no change. A group is kept as "all" or "none" with its
 * exceptions, so that choosing among thousands of records needs no list of them until the approval is sent.
 */
export function createSelection(edit) {
  const groups = new Map(edit.groups.map((g) => [g.key, { count: g.count, all: true, except: new Set() }]));
  const listeners = new Set();
  const tell = () => listeners.forEach((listener) => listener());
  const chosenOf = (g) => (g.all ? g.count - g.except.size : g.except.size);
  const sum = (keys, of) => keys.reduce((n, key) => n + of(groups.get(key)), 0);

  return {
    onChange: (listener) => listeners.add(listener),
    /** How many are chosen of some groups (all groups by default). */
    chosen: (keys = [...groups.keys()]) => sum(keys, chosenOf),
    total: (keys = [...groups.keys()]) => sum(keys, (g) => g.count),
    has: (key, ordinal) => groups.get(key).all !== groups.get(key).except.has(ordinal),
    setGroups(keys, chosen) {
      for (const key of keys) Object.assign(groups.get(key), { all: chosen, except: new Set() });
      tell();
    },
    setChange(key, ordinal, chosen) {
      const group = groups.get(key);
      if (group.all === chosen) group.except.delete(ordinal);
      else group.except.add(ordinal);
      tell();
    },
    /** The ordinals to approve, undefined when all are. `onProgress` hears how many were looked up. */
    async ordinals(api, { signal, onProgress }) {
      if ([...groups.values()].every((g) => chosenOf(g) === g.count)) return undefined;
      const only = [];
      for (const [key, group] of groups) {
        if (!group.all) only.push(...group.except);
        if (!group.all || chosenOf(group) === 0) continue;
        const onPage = (n) => onProgress(only.length + n);
        const rows = await getAll(api, changesPath(edit.id, { group: key }, 500), 'changes', {
          signal,
          onPage,
        });
        only.push(...rows.map((row) => row.ordinal).filter((ordinal) => !group.except.has(ordinal)));
      }
      return only.sort((a, b) => a - b);
    },
  };
}
