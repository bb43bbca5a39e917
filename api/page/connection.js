/** Knows whether the API can be reached, and tells whoever listens. */
export function createConnection() {
  const listeners = new Set();
  let lost = false;
  const set = (next) => {
    if (next === lost) return;
    lost = next;
    for (const listener of listeners) listener(lost);
  };
  return {
    onChange: (listener) => listeners.add(listener),
    reportLost: () => set(true),
    reportReached: () => set(false),
  };
}
