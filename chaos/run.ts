import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { killProcesses, type Kill, type Processes } from './kills';
import { gatherTruth, type Truth } from './oracle/truth';
import { judgeRun, type RunJudgement } from './oracle/judge-run';
import type { FaultWeights } from './proxy/fault-choice';
import { startFaultProxy, type FaultProxy } from './proxy/fault-proxy';
import { readLog } from './world/log';
import { isEnough } from './enough';
import { makeGrounds } from './places';
import type { Story } from './story';
import { driveEdits, readTold } from './workload';

/** The parameter by which requests that came through the proxy are known in the log. */
const TAG = 'chaosRequest';
/** Callers are hung up on so long (ms) after a request that is to land late. */
const HANG_MS = 1_000;
/** How late (ms) after that at least. */
const LEAST_LATE_MS = 300;
/** Of the late ones, how many land after the settle window. */
const LATER_STILL = 0.03;
/** Somebody's change may go unnoticed for so long. Source: docs/guarantees.md, the gap between check and write. */
const GAP_MS = 13_000;
/** How often it says how far it is. */
const TELL_MS = 15_000;
/** Where too little has happened when the time is up, a run goes on until enough has, for so long (ms) at most. */
const LONGER_MS = 600_000;

/** What happens to requests, in percent but for `pass`, which makes up the rest. Nothing that needs a person to go on (a spent quota) is among them. */
const WEIGHTS: Omit<FaultWeights, 'pass' | 'late'> = {
  'drop-answer': 4,
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
  /** Edited at the same time. */
  readonly bases: number;
  /** Edits at a time on each of them. */
  readonly lanes: number;
  readonly settleSeconds: number;
  /** Percent of the requests that land late. */
  readonly late: number;
  /** How late they land at most, but for a few: so many seconds after their caller was hung up on. */
  readonly lateSeconds: number;
  /** How long it may take, once all is quiet, until one more of the edits that have begun ends. */
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
export async function openProxy(
  target: string,
  { seed, settleSeconds, late, lateSeconds }: ChaosSettings,
): Promise<FaultProxy> {
  const settleMs = settleSeconds * 1_000;
  const others = Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, late);
  const proxy = await startFaultProxy({
    target,
    seed,
    weights: { ...WEIGHTS, late, pass: Math.max(0, 100 - others) },
    lateHangMs: HANG_MS,
    lateMs: [LEAST_LATE_MS, lateSeconds * 1_000],
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
  const grounds = await makeGrounds(settings.bases, { productUrl, airtable, proxy }, stopping);

  const begun = Date.now();
  const milliseconds = settings.seconds * 1_000;
  const quiet = new AbortController();
  const stories: Story[] = [];
  const kills: Kill[] = [];
  const goesOn = () => {
    const past = Date.now() - begun;
    return past < milliseconds || (past < milliseconds + LONGER_MS && !isEnough(stories, kills, settings));
  };
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
    kills,
    AbortSignal.any([stopping, quiet.signal]),
  );
  killing.catch((error: unknown) => giveUp.abort(error));
  const driving = driveEdits(settings, grounds, stories, goesOn, stopping);
  let driven = false;
  void driving.finally(() => (driven = true)).catch(() => undefined);
  const ended = () => stories.filter(({ over }) => over).length;
  for (let told = 0; !driven && goesOn();) {
    await sleep(200, undefined, { signal });
    if (Date.now() - begun < told + TELL_MS) continue;
    told = Date.now() - begun;
    say(`${Math.round(told / 1_000)} s: ${ended()} edits have ended, ${proxy.log.length} requests`);
  }
  quiet.abort();
  proxy.setMode('pass');
  const calm = Date.now();
  await killing;
  say(`quiet after ${kills.length} kills and stops; waiting for what is under way`);
  for (let [moved, last] = [Date.now(), ended()]; !driven;) {
    await sleep(200, undefined, { signal });
    if (ended() > last) [moved, last] = [Date.now(), ended()];
    if (Date.now() > moved + settings.patienceSeconds * 1_000)
      giveUp.abort(new Error('it did not end in time'));
  }
  await driving;
  signal.throwIfAborted();
  await proxy.settled();
  await sleep(settings.settleSeconds * 1_000, undefined, { signal });

  await readTold(stories, (base) => grounds.productOf(base, signal));
  const truths = new Map<string, Truth>();
  const tokens = { product: airtable.product.id, human: airtable.human.id };
  for (const base of grounds.bases()) {
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
