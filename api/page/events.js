import { ConnectionLost, isAbort, Problem, sleep } from './http.js';
import { backoff } from './retry.js';

/** A stream that is silent this long is doubted: the state is read once by an ordinary request beside it. */
const SILENCE_MS = 10_000;

/**
 * Follows something that changes, until `onEvent` or `poll` gives true or `signal` aborts.
 *
 * Streams with `fetch` rather than EventSource, which can send no Authorization header. When the stream breaks (the API was
 * restarted, a proxy cut it), `poll` reads the present state and the stream is opened again after a growing wait: where streams
 * do not work at all this is polling. Throws Problem when the server refuses (not found, not permitted).
 */
export async function follow({ api, connection, path, signal, onEvent, poll }) {
  const last = { id: '' };
  for (let failures = 0; !signal.aborted;) {
    try {
      if (
        await readStream({ api, connection, path, signal, onEvent, poll, last, onOpen: () => (failures = 0) })
      )
        return;
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      if (error instanceof Problem && error.status < 500 && error.status !== 429 && error.status !== 404)
        throw error;
      if (error instanceof ConnectionLost) connection.reportLost();
    }
    await sleep(backoff(failures), signal);
    failures += 1;
    if (signal.aborted || (await poll())) return;
  }
}

async function readStream({ api, connection, path, signal, onEvent, poll, last, onOpen }) {
  const control = new AbortController();
  const stop = () => control.abort();
  signal.addEventListener('abort', stop);
  let ended = false;
  const doubt = async () => {
    ended = await poll().catch(() => false);
    if (ended) stop();
    else timer = setTimeout(doubt, SILENCE_MS);
  };
  let timer = setTimeout(doubt, SILENCE_MS);
  try {
    const response = await api.stream(path, { signal: control.signal, lastEventId: last.id });
    onOpen();
    connection.reportReached();
    for await (const event of parseEvents(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(doubt, SILENCE_MS);
      if (event.id) last.id = event.id;
      if (event.data && onEvent(event.name, JSON.parse(event.data))) return true;
    }
    return ended;
  } catch (error) {
    if (ended) return true;
    throw error instanceof TypeError ? new ConnectionLost(error) : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Cuts a body into server-sent events `{ name, data, id }`; comments (heartbeats) come as an event without data. */
export async function* parseEvents(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) yield parseBlock(block);
  }
}

function parseBlock(block) {
  const event = { name: 'message', data: '', id: '' };
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === 'event') event.name = value;
    else if (field === 'id') event.id = value;
    else if (field === 'data') event.data += event.data ? `\n${value}` : value;
  }
  return event;
}
