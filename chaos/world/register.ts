import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ask, askWell } from './ask';

const POLL_MS = 250;
/** What a program needs that proposes, approves and watches edits. */
const SCOPES = [
  'workspaces:read',
  'edits:propose',
  'edits:approve',
  'edits:approveOwn',
  'operations:control',
  'data.records:read',
  'connections:write',
];

/** A workspace of the product with a token of its own and its way to what plays Airtable. */
export interface Tenant {
  readonly workspaceId: string;
  readonly token: string;
  readonly connectionId: string;
}

/** Registers somebody at the product over REST, and gives them `count` workspaces that reach Airtable. Nothing is killed yet. */
export async function registerTenants(
  api: string,
  airtable: { readonly url: string; readonly token: string },
  count: number,
): Promise<Tenant[]> {
  const email = `chaos.${randomBytes(4).toString('hex')}@example.com`;
  const password = randomBytes(18).toString('base64url');
  const key = { 'idempotency-key': email };
  const first = await startAndWait('/v1/users', { email, password, name: 'Chaos' }, undefined);
  const session = await askWell({ method: 'POST', url: `${api}/v1/sessions`, body: { email, password } });
  const { accessToken } = z.object({ accessToken: z.string() }).parse(session);

  async function startAndWait(path: string, body: unknown, token: string | undefined): Promise<string> {
    const headers = { ...key, prefer: 'wait=10' };
    const asked = {
      method: 'POST' as const,
      url: api + path,
      body,
      headers,
      ...(token !== undefined && { token }),
    };
    for (;;) {
      const reply = await ask(asked);
      const made = z.object({ workspaceId: z.string() }).safeParse(reply.body).data;
      if (made && (reply.status === 200 || reply.status === 201)) return made.workspaceId;
      if (reply.status !== 202)
        throw new Error(`POST ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
      // The same key asks for the same outcome again.
      await sleep(POLL_MS);
    }
  }

  const tenants: Tenant[] = [];
  for (let n = 0; n < count; n++) {
    key['idempotency-key'] = `${email} ${n}`;
    const workspaceId =
      n === 0 ? first : await startAndWait('/v1/workspaces', { name: `Chaos ${n}` }, accessToken);
    const own = { name: 'Chaos', workspaceId, scopes: SCOPES, expiresInDays: 7 };
    const token = z
      .object({ token: z.string() })
      .parse(await askWell({ method: 'POST', url: `${api}/v1/tokens`, token: accessToken, body: own })).token;
    const connection = {
      name: 'Airtable',
      url: airtable.url,
      token: airtable.token,
      writable: true,
      share: 5,
    };
    const path = `/v1/workspaces/${workspaceId}/connections`;
    const made = await askWell({ method: 'POST', url: api + path, token: accessToken, body: connection });
    tenants.push({ workspaceId, token, connectionId: z.object({ id: z.string() }).parse(made).id });
  }
  return tenants;
}
