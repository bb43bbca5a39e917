import { randomUUID } from 'node:crypto';
import type { Services } from '../services/create-services';
import type { Config } from '../services/config';
import { createAccessTokens } from '../services/identity/access-tokens';
import { cpuMsEach } from './cpu-time';
import { load, type Request } from './http-load';
import type { ReadCpu } from './operations-runs';
import type { Settings } from './operations-settings';
import { countRoundTrips, type RoundTrips } from './round-trips';
import { compare, type Comparison, type Round } from './side-by-side';

const CLIENTS = 16;
/** Before the turns (seconds): until then Node has not compiled what each request passes. */
const WARM_SECONDS = 10;
/** Rows on the page that is read. */
const LISTED = 25;

export interface Person {
  readonly workspaceId: string;
  readonly userId: string;
  /** A personal access token. */
  readonly token: string;
}

/** `POST /v1/workspaces` and the page of operations, as somebody with this bearer asks for them. */
function ownRequests(origin: string, { workspaceId }: Person, bearer: string) {
  const headers = { authorization: `Bearer ${bearer}`, prefer: 'wait=0' };
  const start: Request = {
    origin,
    method: 'POST',
    path: '/v1/workspaces',
    headers: () => ({ ...headers, 'idempotency-key': randomUUID() }),
    body: () => ({ name: 'Bench' }),
    status: 202,
  };
  const list: Request = {
    origin,
    method: 'GET',
    path: `/v1/workspaces/${workspaceId}/operations?limit=${LISTED}`,
    headers: () => headers,
    status: 200,
  };
  return { start, list };
}

/** What plain Express answers without asking who it is. */
function plainRequests(origin: string, { workspaceId }: Person) {
  const headers = () => ({});
  const start: Request = {
    origin,
    method: 'POST',
    path: '/start',
    headers,
    body: () => ({ name: 'Bench' }),
    status: 202,
  };
  const list: Request = {
    origin,
    method: 'GET',
    path: `/operations/${workspaceId}?limit=${LISTED}`,
    headers,
    status: 200,
  };
  return { start, list };
}

/** Starting and reading over HTTP, ours beside plain Express. Nobody carries out what is started. */
export async function compareRequests(
  config: Config,
  settings: Settings,
  person: Person,
  readCpu: ReadCpu,
): Promise<Comparison[]> {
  const ours = ownRequests(config.apiUrl, person, person.token);
  const plain = plainRequests(settings.plainUrl, person);
  const round = (request: Request) => async (): Promise<Round> => {
    const before = readCpu();
    const { perSecond, ms, count } = await load(request, CLIENTS, settings.seconds);
    return { perSecond, p50Ms: ms.median, cpuMs: cpuMsEach(before, readCpu(), count) };
  };
  const pair = async (name: string, own: Request, other: Request) => {
    for (const request of [own, other]) await load(request, CLIENTS, WARM_SECONDS);
    return compare(name, settings.rounds, { ours: round(own), plain: round(other) });
  };
  return [
    await pair('starting an operation / starting a workflow', ours.start, plain.start),
    await pair('listing operations / the same query', ours.list, plain.list),
  ];
}

/** What each of these requests asks of PostgreSQL, Redis and Temporal, counted on the wire; ours with a token and signed in. */
export async function countRequests(
  services: Services,
  config: Config,
  { counted }: Settings,
  person: Person,
): Promise<RoundTrips[]> {
  const { sessionId } = await services.sessions.start(person.userId, { userAgent: 'bench' });
  const accessToken = createAccessTokens({ config }).sign({ userId: person.userId, sessionId });
  const byToken = ownRequests(counted.apiUrl, person, person.token);
  const signedIn = ownRequests(counted.apiUrl, person, accessToken);
  const plain = plainRequests(counted.plainUrl, person);
  const count = (name: string, request: Request) => countRoundTrips(counted.relaysUrl, name, request);
  return [
    await count('start, token', byToken.start),
    await count('start, signed in', signedIn.start),
    await count('start, plain', plain.start),
    await count('read, token', byToken.list),
    await count('read, signed in', signedIn.list),
    await count('read, plain', plain.list),
  ];
}
