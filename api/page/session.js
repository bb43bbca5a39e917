import { exchange, Problem } from './http.js';
import { persist } from './retry.js';

const KEY = 'sagatable.session';
/** Renewed this long before it would end, so that no request meets its end on the way. */
const EARLY_MS = 30_000;

/**
 * Who is signed in, and their tokens.
 *
 * Tokens are kept in sessionStorage: they survive a reload, end with the tab, and belong to one tab only. (Refresh tokens
 * rotate: two tabs sharing one through localStorage would each spoil the other's, which looks like theft to the server.)
 * Without a cookie no other site can make a request in the person's name. Script injection is kept out by the content
 * security policy and by never making markup from text.
 */
export function createSession({ connection, storage }) {
  const listeners = new Set();
  let tokens = read(storage);
  let renewal = null;

  const keep = (next) => {
    tokens = next;
    if (next) storage.setItem(KEY, JSON.stringify(next));
    else storage.removeItem(KEY);
  };
  const tell = () => listeners.forEach((listener) => listener());
  const forget = () => {
    if (!tokens) return;
    keep(null);
    tell();
  };
  const keepPair = (body, email) =>
    keep({
      access: body.accessToken,
      refresh: body.refreshToken,
      endsAt: Date.now() + body.expiresIn * 1000,
      email,
    });

  /** Sent again after a lost connection: for a while the server takes the last refresh token once more, for just this case. */
  async function renew() {
    const { refresh, email } = tokens;
    try {
      const send = () =>
        exchange('/v1/sessions/refresh', { method: 'POST', body: { refreshToken: refresh } });
      keepPair((await persist(send, { connection })).body, email);
    } catch (error) {
      if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429)
        forget();
      throw error;
    }
  }

  return {
    signedIn: () => tokens !== null,
    email: () => tokens?.email ?? '',
    onChange: (listener) => listeners.add(listener),
    forget,

    /** A token that is good for a while yet. One renewal at a time, however many ask. Throws Problem 401 when signed out. */
    async accessToken({ spoiled } = {}) {
      if (!tokens) throw new Problem(401, { detail: 'Sign in first.', code: 'unauthenticated' });
      const stale = tokens.endsAt - Date.now() < EARLY_MS || tokens.access === spoiled;
      if (stale) await (renewal ??= renew().finally(() => (renewal = null)));
      if (!tokens) throw new Problem(401, { detail: 'Sign in first.', code: 'unauthenticated' });
      return tokens.access;
    },

    /** Throws Problem when e-mail and password do not fit. */
    async signIn(email, password) {
      const { body } = await exchange('/v1/sessions', { method: 'POST', body: { email, password } });
      keepPair(body, email);
      tell();
    },

    /** Ends the session here at once, and on the server if it can be reached. */
    async signOut() {
      const access = tokens?.access;
      forget();
      const headers = { Authorization: `Bearer ${access}` };
      await exchange('/v1/sessions/current', { method: 'DELETE', headers }).catch(() => undefined);
    },
  };
}

function read(storage) {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? 'null');
    return typeof kept?.access === 'string' && typeof kept.refresh === 'string' ? kept : null;
  } catch {
    return null;
  }
}
