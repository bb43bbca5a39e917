import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { killProcesses, type Kill, type Processes } from './kills';
import { gatherTruth, type Truth } from './oracle/truth';
import { judgeRun, type RunJudgement } from './oracle/judge-run';
import type { FaultWeights } from './proxy/fault-choice';
import { startFaultProxy, type FaultProxy } from './proxy/fault-proxy';
import { makeBase } from './world/base';
import { readLog } from './world/log';
import { createProduct, type Product } from './world/product';
import { registerTenants } from './world/register';
import { driveEdits, readTold, type Place } from './workload';

/** The parameter by which requests that came through the proxy are known in the log. */
const TAG = 'chaosRequest';
/** Callers are hung up on so long (ms) after a request that is to land late. */
const HANG_MS = 1_000;
/** How late (ms) after that; by the time the settle window is over all but a few have landed. */
const LATE_MS = [300, 5_000] as const;
/** Of the late ones, how many land after the settle window. */
const LATER_STILL = 0.03;
/** Somebody's change may go unnoticed for so long. Source: docs/guarantees.md, the gap between check and write. */
const GAP_MS = 13_000;
const TENANTS = 2;

/** Nothing that needs a person to go on (a spent quota) is among them. */
const WEIGHTS: FaultWeights = {
  pass: 84,
  'drop-answer': 4,
  late: 8,
  'rate-limited': 0.7,
  'rate-limited-list': 0.3,
  'error-500': 1,
  'error-502': 1,
  'error-503': 0.7,
  'error-503-retry-after': 0.3,
  html: 0.5,
  'truncated-json': 1,
  'wrong-json': 0.5,
  'half-closed': 1,
  reset: 1.5,
  'slow-drip': 0.5,
};

export interface ChaosSettings {
  readonly seed: number;
  readonly edits: number;
  readonly seconds: number;
  readonly kills: number;
  readonly bases: number;
  readonly settleSeconds: number;
  /** How long the edits that have begun may take to end once all is quiet. */
  readonly patienceSeconds: number;
}

/** Where everything of a run is; `airtable` is reached directly, past the proxy. */
export interface ChaosWorld {
  readonly productUrl: string;
  readonly airtable: {
    readonly url: string;
    /** Of the log and beyond row-level security. */
    readonly databaseUrl: string;
    readonly workspaceId: string;
    readonly product: { readonly id: string; readonly token: string };
    readonly human: { readonly id: string; readonly token: string };
  };
  readonly proxy: FaultProxy;
  readonly processes: Processes;
}

export interface ChaosResult {
  readonly settings: ChaosSettings;
  readonly seconds: { readonly faults: number; readonly quiet: number };
  readonly judgement: RunJudgement;
  readonly kills: readonly Kill[];
}

/** The proxy between product and Airtable; nothing goes wrong in it until `runChaos` says so. */
export async function openProxy(target: string, seed: number, settleSeconds: number): Promise<FaultProxy> {
  const settleMs = settleSeconds * 1_000;
  const proxy = await startFaultProxy({
    target,
    seed,
    weights: WEIGHTS,
    lateHangMs: HANG_MS,
    lateMs: LATE_MS,
    laterStill: { share: LATER_STILL, ms: [settleMs + 1_000, settleMs + 4_000] },
    latencyMs: [50, 300],
    retryAfterSeconds: 1,
    tag: TAG,
    keepBodies: false,
  });
  proxy.setMode('pass');
  return proxy;
}

/** Edits under faults and kills, then quiet, then the judgement. `say` hears how it goes. The signal ends it with its reason. */
export async function runChaos(
  settings: ChaosSettings,
  { productUrl, airtable, proxy, processes }: ChaosWorld,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<ChaosResult> {
  const giveUp = new AbortController();
  // Everything that waits listens.
  setMaxListeners(0, signal, giveUp.signal);
  const stopping = AbortSignal.any([signal, giveUp.signal]);
  setMaxListeners(0, stopping);
  const human = { token: airtable.human.token, workspaceId: airtable.workspaceId };
  const connection = { url: proxy.url, token: airtable.product.token };
  const tenants = await registerTenants(productUrl, connection, TENANTS);
  const places: Place[] = [];
  for (let n = 0; n < settings.bases; n++) {
    const tenant = tenants[n % tenants.length];
    if (!tenant) throw new RangeError('there is no tenant');
    const product = createProduct({ url: productUrl, ...tenant }, stopping);
    const base = await makeBase(airtable.url, human);
    const { connectionId } = tenant;
    places.push({ product, connectionId, base });
    if (n % 4 > 1) continue;
    const { id: baseId, tableIds, markerFieldId: fieldId } = base;
    await product.chooseMarker({ connectionId, baseId, tableId: tableIds.Items, fieldId });
    base.marked = true;
  }

  const begun = Date.now();
  const milliseconds = settings.seconds * 1_000;
  const quiet = new AbortController();
  proxy.setMode('faults');
  const killing = killProcesses(
    {
      seed: settings.seed,
      count: settings.kills,
      milliseconds,
      longStopMs: (2 * settings.settleSeconds + 5) * 1_000,
    },
    processes,
    proxy,
    AbortSignal.any([stopping, quiet.signal]),
  );
  killing.catch((error: unknown) => giveUp.abort(error));
  let ended = 0;
  const driving = driveEdits(
    { seed: settings.seed, edits: settings.edits, until: begun + milliseconds },
    places,
    stopping,
    () => ended++,
  );
  let driven = false;
  void driving.finally(() => (driven = true)).catch(() => undefined);
  for (let told = 0; !driven && Date.now() < begun + milliseconds;) {
    await sleep(200, undefined, { signal });
    if (Date.now() - begun < told + 15_000) continue;
    told = Date.now() - begun;
    say(`${Math.round(told / 1_000)} s: ${ended} edits have ended, ${proxy.log.length} requests`);
  }
  quiet.abort();
  proxy.setMode('pass');
  const calm = Date.now();
  const kills = await killing;
  say(`quiet after ${kills.length} kills and stops; waiting for what is under way`);
  const patience = setTimeout(
    () => giveUp.abort(new Error('it did not end in time')),
    settings.patienceSeconds * 1_000,
  );
  const stories = await driving;
  clearTimeout(patience);
  signal.throwIfAborted();
  await proxy.settled();
  await sleep(settings.settleSeconds * 1_000, undefined, { signal });

  const reading = new Map<string, Product>(
    places.map(({ base }, n) => {
      const tenant = tenants[n % tenants.length];
      if (!tenant) throw new RangeError('there is no tenant');
      return [base.id, createProduct({ url: productUrl, ...tenant }, signal)];
    }),
  );
  await readTold(stories, (base) => {
    const product = reading.get(base.id);
    if (!product) throw new RangeError('nobody has this base');
    return product;
  });
  const truths = new Map<string, Truth>();
  const tokens = { product: airtable.product.id, human: airtable.human.id };
  for (const { base } of places) {
    const log = await readLog(airtable.databaseUrl, base, tokens, TAG);
    truths.set(base.id, gatherTruth(await base.readItems(), log, proxy.log));
  }
  const promises = { windowMs: settings.settleSeconds * 1_000, gapMs: GAP_MS };
  const judgement = judgeRun({ stories, truths, kills, faults: proxy.counts(), promises });
  const now = Date.now();
  return {
    settings,
    seconds: { faults: (calm - begun) / 1_000, quiet: (now - calm) / 1_000 },
    judgement,
    kills,
  };
}
