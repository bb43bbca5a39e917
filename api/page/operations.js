import { follow } from './events.js';
import { Problem } from './http.js';
import { isFinal } from './states.js';

/** Follows an operation to its end, telling `onChange` of each state; gives the last one, or null when given up. */
export async function followOperation({ api, connection, id, signal, onChange }) {
  let final = null;
  const take = (operation) => {
    onChange(operation);
    if (isFinal(operation)) final = operation;
    return final !== null;
  };
  const path = `/v1/operations/${encodeURIComponent(id)}`;
  const poll = async () => take(await api.get(path, { signal }));
  if (await poll()) return final;
  const onEvent = (name, data) => name === 'operation' && take(data);
  await follow({ api, connection, path: `${path}/events`, signal, onEvent, poll });
  return final;
}

/**
 * The result of an answer to `api.send`: its body, or for a 202 what the operation ends with.
 * Throws Problem when the operation ended any other way than done.
 */
export async function resultOf(answer, { api, connection, signal, onChange = () => undefined }) {
  if (answer.status !== 202) return answer.body;
  const operation = await followOperation({ api, connection, id: operationIdOf(answer), signal, onChange });
  if (operation?.status === 'done') return operation.result;
  throw new Problem(500, {
    detail: operation?.error?.message ?? 'The operation did not finish.',
    code: operation?.error?.code,
  });
}

/** The operation a 202 points to. */
export function operationIdOf(answer) {
  return (
    /\/v1\/operations\/([^/?]+)/.exec(answer.location ?? '')?.[1] ??
    answer.body?.id ??
    answer.body?.operationId
  );
}
