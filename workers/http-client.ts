/** The public API as a program sees it; used by the sample set-up and the demo, so that they show what anyone can do. */
export interface ApiClient {
  readonly apiUrl: string;
  readonly token: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Sends JSON. Throws with the API's own sentence when the answer is an error. */
export async function callApi(
  client: ApiClient,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(client.apiUrl + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(client.token === undefined ? {} : { authorization: `Bearer ${client.token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: unknown = text === '' ? {} : JSON.parse(text);
  const answer = typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  if (!response.ok)
    throw new Error(`${method} ${path}: ${'detail' in answer ? String(answer.detail) : response.status}`);
  return { status: response.status, headers: response.headers, body: answer };
}

/** Follows an operation until it has ended, reporting each change, and returns its last state. */
export async function followOperation(
  client: ApiClient,
  id: string,
  report: (state: Record<string, unknown>) => void,
  deadlineMs = 300_000,
): Promise<Record<string, unknown>> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const { body } = await callApi(client, 'GET', `/v1/operations/${id}`);
    report(body);
    if (['done', 'rolled_back', 'needs_review'].includes(String(body['status']))) return body;
    if (Date.now() > end) throw new Error(`the operation ${id} did not end within ${deadlineMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Starts an operation and follows it to its end; throws unless it is done. Returns its result. */
export async function runOperation(
  client: ApiClient,
  method: 'POST' | 'DELETE',
  path: string,
  body: unknown,
  report: (state: Record<string, unknown>) => void = () => undefined,
): Promise<{ id: string; result: Record<string, unknown> }> {
  const started = await callApi(client, method, path, body, {
    prefer: 'wait=1',
    'idempotency-key': crypto.randomUUID(),
  });
  const id = started.headers.get('operation-id') ?? '';
  const ended = await followOperation(client, id, report);
  const { result, status, error } = ended;
  if (status !== 'done') throw new Error(`${path} ended as ${String(status)}: ${JSON.stringify(error)}`);
  return { id, result: typeof result === 'object' && result !== null ? { ...result } : {} };
}
