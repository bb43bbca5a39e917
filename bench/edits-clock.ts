import { subscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { isMainThread } from 'node:worker_threads';
import { Client } from 'pg';
import { createStopwatch, type Stopwatch } from './stopwatch';

/**
 * Loaded before a worker's own code (`node -r`), it notes how long the worker's transactions and its requests to the base
 * take, and tells so at http://127.0.0.1:$BENCH_CLOCK/. The product knows nothing of it: transactions are seen at the driver's
 * one function, requests by what undici announces (node:diagnostics_channel).
 */
const watches: Readonly<Record<string, Stopwatch>> = {
  intend: createStopwatch(),
  settle: createStopwatch(),
  fence: createStopwatch(),
  read: createStopwatch(),
  other: createStopwatch(),
  /** Any of `intend`, `settle`, `fence` and `read`, from its begin to its commit. */
  journal: createStopwatch(),
  look: createStopwatch(),
  send: createStopwatch(),
};

/** What a transaction is for, by its statements; the first that is found in one of them counts. */
const MARKS: ReadonlyArray<readonly [kind: string, statement: RegExp]> = [
  ['intend', /UPDATE edit_changes c SET state = \$4/],
  ['settle', /UPDATE edit_changes c SET state = r\.state/],
  ['read', /FROM edit_changes/],
  ['fence', /UPDATE base_leases/],
];

interface Open {
  readonly from: number;
  texts: string;
}
const transactions = new WeakMap<object, Open>();

function noteEnd({ from, texts }: Open): void {
  const kind = MARKS.find(([, statement]) => statement.test(texts))?.[0] ?? 'other';
  const at = performance.now();
  watches[kind]?.note(from, at);
  if (kind !== 'other') watches['journal']?.note(from, at);
}

const textOf = (statement: unknown): string => {
  if (typeof statement === 'string') return statement;
  const text: unknown =
    typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'text') : '';
  return typeof text === 'string' ? text : '';
};

const query: unknown = Reflect.get(Client.prototype, 'query');
if (typeof query !== 'function') throw new Error('the driver has no query function to be watched');
Reflect.set(Client.prototype, 'query', function watched(this: object, ...given: unknown[]): unknown {
  const text = textOf(given[0]);
  if (text.startsWith('BEGIN')) transactions.set(this, { from: performance.now(), texts: '' });
  const open = transactions.get(this);
  if (open) open.texts += `${text}\n`;
  const answer: unknown = Reflect.apply(query, this, given);
  if (open && /^(COMMIT|ROLLBACK)$/.test(text)) {
    transactions.delete(this);
    const end = () => noteEnd(open);
    if (answer instanceof Promise) answer.then(end, end);
  }
  return answer;
});

const requests = new WeakMap<object, number>();
/** undici tells of `request` at each of these moments. */
function on(moment: string, act: (request: object) => void): void {
  subscribe(`undici:request:${moment}`, (told) => {
    const request: unknown = typeof told === 'object' && told !== null ? Reflect.get(told, 'request') : null;
    if (typeof request === 'object' && request !== null) act(request);
  });
}
on('create', (request) => requests.set(request, performance.now()));
// The last proof of the lease comes before this: it is a transaction of its own.
on('bodySent', (request) => requests.set(request, performance.now()));
on('trailers', (request) => {
  const from = requests.get(request);
  if (from === undefined) return;
  watches[Reflect.get(request, 'method') === 'GET' ? 'look' : 'send']?.note(from, performance.now());
});

// Threads of a worker load this too; they neither write nor ask.
if (isMainThread)
  createServer((_request, response) => {
    const figures = Object.entries(watches).map(([name, watch]) => [name, watch.read()]);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(Object.fromEntries(figures)));
  })
    .listen(Number(process.env['BENCH_CLOCK']), '127.0.0.1')
    .unref();
