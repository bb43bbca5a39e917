import { Agent, request } from 'undici';
import { startAirtableStandIn, type AirtableStandIn } from '../../support/airtable-standin';
import { chooseFault, FAULTS, SOME_OF_ALL, type Fault } from '../../../chaos/proxy/fault-choice';
import { startFaultProxy, type FaultProxy } from '../../../chaos/proxy/fault-proxy';

let standIn: AirtableStandIn;
let agent: Agent;
const proxies: FaultProxy[] = [];

beforeAll(async () => {
  standIn = await startAirtableStandIn();
});
beforeEach(() => {
  standIn.reset();
  agent = new Agent();
});
afterEach(async () => {
  await agent.destroy();
  for (const proxy of proxies.splice(0)) {
    await proxy.close();
    expect(proxy.openSockets()).toBe(0);
  }
});
afterAll(() => standIn.close());

async function start(fault: Fault, seed = 1): Promise<FaultProxy> {
  const weights = { [fault]: 1 };
  const proxy = await startFaultProxy({
    target: standIn.url,
    seed,
    weights,
    lateHangMs: 20,
    lateMs: [30, 60],
    dripMs: 1,
  });
  proxies.push(proxy);
  return proxy;
}

/** The status and text of an answer, or that there is none. */
async function ask(proxy: FaultProxy, path = '/v0/meta/whoami') {
  try {
    const { statusCode, headers, body } = await request(`${proxy.url}${path}`, { dispatcher: agent });
    return { status: statusCode, retryAfter: headers['retry-after'], text: await body.text() };
  } catch {
    return { broken: true };
  }
}

it('the same seed gives every number the same fault, another seed others', () => {
  const run = (seed: number) =>
    Array.from({ length: 500 }, (_, i) => chooseFault(seed, i, SOME_OF_ALL).fault).join();
  expect(run(7)).toBe(run(7));
  expect(run(7)).not.toBe(run(8));
});

it('faults come as often as they weigh', () => {
  const met = Array.from({ length: 20_000 }, (_, i) => chooseFault(3, i, SOME_OF_ALL).fault);
  const total = Object.values(SOME_OF_ALL).reduce((sum, weight) => sum + weight, 0);
  for (const fault of FAULTS) {
    const share = met.filter((one) => one === fault).length / met.length;
    expect(Math.abs(share - (SOME_OF_ALL[fault] ?? 0) / total)).toBeLessThan(0.01);
  }
});

it.each<[Fault, object, boolean]>([
  ['pass', { status: 200 }, true],
  ['slow-drip', { status: 200 }, true],
  [
    'rate-limited',
    { status: 429, text: expect.stringMatching(/^\{"error":\{"type":"RATE_LIMIT_REACHED"/) as string },
    false,
  ],
  ['rate-limited-list', { status: 429, text: expect.stringMatching(/^\{"errors":\[/) as string }, false],
  ['billing', { status: 429, text: expect.stringContaining('BILLING') as string }, false],
  ['truncated-json', { status: 200, text: expect.stringMatching(/^\{"id":[^}]*$/) as string }, true],
  ['drop-answer', { broken: true }, true],
  ['half-closed', { broken: true }, true],
  ['reset', { broken: true }, false],
])('%s', async (fault, answer, delivered) => {
  const proxy = await start(fault);
  expect(await ask(proxy)).toMatchObject(answer);
  await proxy.settled();
  expect(proxy.log).toMatchObject([{ index: 0, method: 'GET', path: '/v0/meta/whoami', fault, delivered }]);
  expect(standIn.requests).toHaveLength(delivered ? 1 : 0);
  expect(proxy.counts()[fault]).toBe(1);
});

it.each<[Fault, number, string | undefined]>([
  ['error-500', 500, undefined],
  ['error-502', 502, undefined],
  ['error-503', 503, undefined],
  ['error-503-retry-after', 503, '1'],
  ['html', 200, undefined],
  ['wrong-json', 200, undefined],
])('%s is answered whether the request went through or not', async (fault, status, retryAfter) => {
  const proxy = await start(fault);
  for (let i = 0; i < 20; i++) expect(await ask(proxy)).toMatchObject({ status, retryAfter });
  const delivered = proxy.log.filter((one) => one.delivered).length;
  expect(standIn.requests).toHaveLength(delivered);
  expect(delivered).toBeGreaterThan(0);
  expect(delivered).toBeLessThan(20);
});

it('late requests go through after the caller has left, and can be waited for', async () => {
  const proxy = await start('late');
  expect(await ask(proxy)).toMatchObject({ broken: true });
  expect(proxy.log).toMatchObject([{ delivered: false }]);
  await proxy.settled();
  expect(proxy.log).toMatchObject([{ delivered: true }]);
  expect(standIn.requests).toHaveLength(1);
});

it('what is late when the proxy is closed never goes through', async () => {
  const proxy = await start('late');
  await ask(proxy);
  await proxy.close();
  await proxy.settled();
  expect(standIn.requests).toHaveLength(0);
});

it('can be told to let everything pass', async () => {
  const proxy = await start('reset');
  proxy.setMode('pass');
  expect(await ask(proxy)).toMatchObject({ status: 200 });
  proxy.setMode('faults');
  expect(await ask(proxy)).toMatchObject({ broken: true });
});
