import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createRecord } from '../../../services/engine/change-records';
import { deleteWebhook, enableNotifications } from '../../../services/engine/webhooks/change-webhooks';
import { claimPing } from '../../../services/engine/webhooks/ping-rows';
import { secretContext } from '../../../services/engine/webhooks/signature';
import { sealText } from '../../../services/encryption';
import { createPings, type Pings } from '../../../services/engine/webhooks/pings';
import { createGuardedFetch } from '../../../services/files/guarded-fetch';
import { pollUntil } from '../../support/poll';
import { insertWorkspace, NOW } from './engine-fixture';
import { createWebhookFixture, KEY_RING, type WebhookFixture } from './webhooks-fixture';

interface Ping {
  readonly path: string;
  readonly body: string;
  readonly mac: string | undefined;
  readonly type: string | undefined;
}

/** Takes pings and answers as told; `hold` keeps them waiting. */
interface Receiver {
  readonly host: string;
  readonly url: string;
  readonly pings: Ping[];
  status: number;
  hold: Promise<void> | undefined;
  readonly server: Server;
}

async function startReceiver(): Promise<Receiver> {
  const pings: Ping[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (part: Buffer) => (body += part.toString()));
    req.on('end', () => {
      const mac = req.headers['x-airtable-content-mac'];
      pings.push({ path: req.url ?? '', body, mac: mac?.toString(), type: req.headers['content-type'] });
      void Promise.resolve(receiver.hold).then(() => res.writeHead(receiver.status).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const host = `127.0.0.1:${address.port}`;
  const receiver: Receiver = { host, url: `http://${host}`, pings, status: 204, hold: undefined, server };
  return receiver;
}

let f: WebhookFixture;
let receiver: Receiver;
let pings: Pings;
const reported: unknown[] = [];

/** A process that sends pings, with a life of its own. */
function startPings(fetchHosts: readonly string[] = [receiver.host]): Pings {
  return createPings({
    db: f.database.db,
    fetch: createGuardedFetch({ fetchHosts }),
    clock: f.clock,
    keyRing: KEY_RING,
    report: (error) => reported.push(error),
  });
}

beforeAll(async () => {
  f = await createWebhookFixture();
  receiver = await startReceiver();
  pings = startPings();
});
afterAll(async () => {
  receiver.server.closeAllConnections();
  await new Promise((resolve) => receiver.server.close(resolve));
  await f.database.drop();
});
beforeEach(async () => {
  f.clock.set(NOW);
  receiver.status = 204;
  receiver.hold = undefined;
  receiver.pings.length = 0;
  reported.length = 0;
  await f.removeAll();
});

/** A webhook of another workspace, with a ping due. Returns the workspace's id. */
async function insertOther(): Promise<string> {
  const workspaceId = await insertWorkspace(f.database);
  await f.database.admin.query(
    `INSERT INTO engine_bases (workspace_id, id, name, created_at) VALUES ($1, $2, 'Other', $3)`,
    [workspaceId, f.base.id, NOW],
  );
  await f.database.admin.query(
    `INSERT INTO engine_webhooks (workspace_id, base_id, id, notification_url, secret_sealed, specification, created_at,
       expiration_time, notifications_enabled, ping_due_at)
     VALUES ($1, $2, 'achAAAAAAAAAAAAAA', $3, $4, '{}', $5, $6, true, $5)`,
    [
      workspaceId,
      f.base.id,
      `${receiver.url}/other`,
      sealText(KEY_RING, 'AAAA', secretContext(workspaceId, 'achAAAAAAAAAAAAAA')),
      NOW,
      new Date(NOW.getTime() + 60_000),
    ],
  );
  return workspaceId;
}

const watch = (path = '/hook') => f.create({ dataTypes: ['tableData'] }, undefined, receiver.url + path);
const addFilm = () => f.act((place) => createRecord(place, f.table('Films'), { fields: { Title: 'Ran' } }));
/** A webhook whose first ping, the one for its creation, is over. */
async function watched(path?: string) {
  const created = await watch(path);
  await pings.deliverDue();
  receiver.pings.length = 0;
  return created;
}

describe('a ping', () => {
  it('is signed with the webhook’s secret and names base and webhook', async () => {
    const { id, macSecretBase64 } = await watched();
    await addFilm();
    expect(await pings.deliverDue()).toBe(1);
    const [ping] = receiver.pings;
    expect(JSON.parse(ping?.body ?? '')).toEqual({
      base: { id: f.base.id },
      webhook: { id },
      timestamp: NOW.toISOString(),
    });
    const key = Buffer.from(macSecretBase64, 'base64');
    expect(ping?.mac).toBe(
      `hmac-sha256=${createHmac('sha256', key)
        .update(ping?.body ?? '')
        .digest('hex')}`,
    );
    expect(ping?.type).toBe('application/json');
    expect(await f.webhook(id)).toMatchObject({
      lastSuccessfulNotificationTime: NOW.toISOString(),
      lastNotificationResult: { success: true, retryNumber: 0, completionTimestamp: NOW.toISOString() },
    });
  });

  it('follows the creation of a webhook with an address, and no other', async () => {
    await watch();
    await f.create({ dataTypes: ['tableData'] });
    expect(await pings.deliverDue()).toBe(1);
    expect(await pings.deliverDue()).toBe(0);
  });

  it('is left to be sent by the write that it tells of', async () => {
    await watched();
    const effects = await f.act(async (place) => {
      await createRecord(place, f.table('Films'), { fields: {} });
      return place.effects;
    });
    expect([...effects]).toEqual(['notifications']);
  });

  it('stands for several changes', async () => {
    await watched();
    for (let i = 0; i < 3; i++) await addFilm();
    expect(await pings.deliverDue()).toBe(1);
    expect(await pings.deliverDue()).toBe(0);
  });

  it('is followed by another when something changed while it was under way', async () => {
    await watched();
    let letGo: () => void = () => undefined;
    receiver.hold = new Promise((resolve) => (letGo = resolve));
    await addFilm();
    const sending = pings.deliverDue();
    await pollUntil('the ping arrives', async () => receiver.pings.length === 1);
    await addFilm();
    expect(await startPings().deliverDue()).toBe(0);
    letGo();
    expect(await sending).toBe(2);
    expect(receiver.pings).toHaveLength(2);
  });

  it('waits until the payload can be seen', async () => {
    await watched();
    await f.database.admin.query(
      `INSERT INTO engine_imitation (workspace_id, subject, per_base, per_user, lock_out_seconds, body, payload_delay_ms)
       VALUES ($1, $2, 1000, 1000, 0, 'object', 5000)`,
      [f.workspaceId, f.base.id],
    );
    await addFilm();
    await f.database.admin.query('DELETE FROM engine_imitation');
    expect(await pings.deliverDue()).toBe(0);
    f.clock.pass(5_000);
    expect(await pings.deliverDue()).toBe(1);
  });

  it('reaches the others while one receiver does not answer', async () => {
    await watched('/slow');
    let letGo: () => void = () => undefined;
    receiver.hold = new Promise((resolve) => (letGo = resolve));
    await addFilm();
    const sending = pings.deliverDue();
    await pollUntil('the slow one is pinged', async () => receiver.pings.length === 1);
    receiver.hold = undefined;
    await watch('/quick');
    expect(await pings.deliverDue()).toBe(1);
    expect(receiver.pings.map(({ path }) => path)).toEqual(['/slow', '/quick']);
    let settled = false;
    const settling = pings.settle().then(() => (settled = true));
    await Promise.resolve();
    expect(settled).toBe(false);
    letGo();
    await settling;
    expect(await sending).toBe(1);
  });
});

describe('a receiver that fails', () => {
  it('is tried again, each time after twice the time, until it answers', async () => {
    const { id } = await watched();
    receiver.status = 500;
    await addFilm();
    await pings.deliverDue();
    expect(await f.webhook(id)).toMatchObject({
      areNotificationsEnabled: true,
      lastNotificationResult: {
        success: false,
        error: { message: 'The notification URL answered with status 500.' },
        retryNumber: 0,
        willBeRetried: true,
      },
    });
    f.clock.pass(9_999);
    expect(await pings.deliverDue()).toBe(0);
    f.clock.pass(1);
    expect(await pings.deliverDue()).toBe(1);
    // What changes meanwhile does not hurry it.
    await addFilm();
    f.clock.pass(19_999);
    expect(await pings.deliverDue()).toBe(0);
    receiver.status = 200;
    f.clock.pass(1);
    expect(await pings.deliverDue()).toBe(1);
    expect((await f.webhook(id)).lastNotificationResult).toMatchObject({ success: true, retryNumber: 2 });
    expect(await pings.deliverDue()).toBe(0);
  });

  it.each([201, 302, 404, 410])('does so by answering %p', async (status) => {
    const { id } = await watched();
    receiver.status = status;
    await addFilm();
    await pings.deliverDue();
    expect((await f.webhook(id)).lastNotificationResult).toMatchObject({ success: false });
  });

  it('is given up after 13 retries, about a day; payloads go on, and so do pings once it is switched on', async () => {
    const { id } = await watched();
    receiver.status = 500;
    await addFilm();
    let waited = 0;
    for (let retry = 0; retry <= 13; retry++) {
      expect(await pings.deliverDue()).toBe(1);
      f.clock.pass(10_000 * 2 ** retry);
      waited += retry < 13 ? 10_000 * 2 ** retry : 0;
    }
    expect(waited).toBeGreaterThan(22 * 3_600_000);
    expect(waited).toBeLessThan(25 * 3_600_000);
    expect(await f.webhook(id)).toMatchObject({
      areNotificationsEnabled: false,
      isHookEnabled: true,
      lastNotificationResult: { success: false, retryNumber: 13, willBeRetried: false },
    });
    receiver.status = 200;
    await addFilm();
    expect(await pings.deliverDue()).toBe(0);
    expect((await f.payloads(id)).payloads).toHaveLength(2);
    await f.act((place) => enableNotifications(place, id, { enable: true }));
    expect(await pings.deliverDue()).toBe(1);
    expect(await f.webhook(id)).toMatchObject({
      areNotificationsEnabled: true,
      lastNotificationResult: { success: true, retryNumber: 0 },
    });
  });

  it('is told about in words that tell nothing of the network', async () => {
    const { id } = await watch();
    await startPings([]).deliverDue();
    const { lastNotificationResult } = await f.webhook(id);
    expect(lastNotificationResult).toMatchObject({ success: false, willBeRetried: true });
    expect(receiver.pings).toEqual([]);
    expect(JSON.stringify(lastNotificationResult)).not.toContain('127.0.0.1');
    expect(reported).toEqual([]);
  });
});

describe('switching notifications off', () => {
  it('takes back what was due; payloads are made all the same', async () => {
    const { id } = await watched();
    await addFilm();
    await f.act((place) => enableNotifications(place, id, { enable: false }));
    await addFilm();
    expect(await pings.deliverDue()).toBe(0);
    expect((await f.payloads(id)).payloads).toHaveLength(2);
  });

  it('holds although a ping fails that was under way', async () => {
    const { id } = await watched();
    let letGo: () => void = () => undefined;
    receiver.hold = new Promise((resolve) => (letGo = resolve));
    receiver.status = 500;
    await addFilm();
    const sending = pings.deliverDue();
    await pollUntil('the ping arrives', async () => receiver.pings.length === 1);
    await f.act((place) => enableNotifications(place, id, { enable: false }));
    letGo();
    await sending;
    f.clock.pass(3_600_000);
    expect(await pings.deliverDue()).toBe(0);
    expect((await f.webhook(id)).areNotificationsEnabled).toBe(false);
  });
});

describe('several processes', () => {
  it('send each ping once', async () => {
    for (let i = 0; i < 6; i++) await watch(`/hook/${i}`);
    const counts = await Promise.all([pings, startPings(), startPings()].map((each) => each.deliverDue()));
    expect(counts.reduce((sum, count) => sum + count)).toBe(6);
    expect(receiver.pings.map(({ path }) => path).sort()).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => `/hook/${i}`),
    );
  });

  it('take over from one that died, but not before its time is over', async () => {
    await watched();
    await addFilm();
    expect(await f.database.db.system((tx) => claimPing(tx, f.clock.now()))).toBeDefined();
    expect(await pings.deliverDue()).toBe(0);
    f.clock.pass(60_000);
    expect(await pings.deliverDue()).toBe(1);
    expect(receiver.pings).toHaveLength(1);
  });

  it('hear nothing more of one that woke up late', async () => {
    const { id } = await watched();
    let letGo: () => void = () => undefined;
    receiver.hold = new Promise((resolve) => (letGo = resolve));
    receiver.status = 500;
    await addFilm();
    const late = pings.deliverDue();
    await pollUntil('the ping arrives', async () => receiver.pings.length === 1);
    f.clock.pass(60_000);
    receiver.hold = undefined;
    receiver.status = 204;
    expect(await startPings().deliverDue()).toBe(1);
    receiver.status = 500;
    letGo();
    await late;
    expect((await f.webhook(id)).lastNotificationResult).toMatchObject({ success: true });
    expect(await pings.deliverDue()).toBe(0);
  });
});

describe('a workspace whose receivers do not answer', () => {
  it('leaves room for the others', async () => {
    for (let i = 0; i < 10; i++) await watch(`/slow/${i}`);
    let letGo: () => void = () => undefined;
    receiver.hold = new Promise((resolve) => (letGo = resolve));
    const sending = pings.deliverDue();
    await pollUntil('four are pinged', async () => receiver.pings.length === 4);
    const other = await insertOther();
    receiver.hold = undefined;
    expect(await pings.deliverDue()).toBe(1);
    expect(receiver.pings.map(({ path }) => path)).toContain('/other');
    expect(receiver.pings).toHaveLength(5);
    letGo();
    expect(await sending).toBe(10);
    await f.database.admin.query('DELETE FROM workspaces WHERE workspace_id = $1', [other]);
  });
});

describe('a database that fails while pings are sent', () => {
  it('fails the delivery, and every lane of it is heard', async () => {
    for (let i = 0; i < 3; i++) await watch(`/hook/${i}`);
    const { db } = f.database;
    const failing = createPings({
      db: {
        system: (work) => db.system(work),
        tenant: () => Promise.reject(new Error('the database is down')),
      },
      fetch: createGuardedFetch({ fetchHosts: [receiver.host] }),
      clock: f.clock,
      keyRing: KEY_RING,
      report: (error) => reported.push(error),
    });
    const unheard: unknown[] = [];
    const hear = (error: unknown) => void unheard.push(error);
    process.on('unhandledRejection', hear);
    await expect(failing.deliverDue()).rejects.toThrow('the database is down');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', hear);
    expect([unheard, receiver.pings.length]).toEqual([[], 3]);
  });
});

describe('a webhook that went', () => {
  it('is pinged no more', async () => {
    const { id } = await watched();
    await addFilm();
    await f.act((place) => deleteWebhook(place, id));
    expect(await pings.deliverDue()).toBe(0);
  });

  it('may go while it is being pinged', async () => {
    const { id } = await watched();
    let letGo: () => void = () => undefined;
    receiver.hold = new Promise((resolve) => (letGo = resolve));
    await addFilm();
    const sending = pings.deliverDue();
    await pollUntil('the ping arrives', async () => receiver.pings.length === 1);
    await f.act((place) => deleteWebhook(place, id));
    letGo();
    expect(await sending).toBe(1);
  });

  it('whose secret cannot be read is reported', async () => {
    const { id } = await watched();
    await f.database.admin.query(`UPDATE engine_webhooks SET secret_sealed = 'k0.AAAA'`);
    await addFilm();
    await pings.deliverDue();
    expect(reported).toHaveLength(1);
    expect((await f.webhook(id)).lastNotificationResult).toMatchObject({
      success: false,
      error: { message: 'The ping could not be sent.' },
    });
  });
});
